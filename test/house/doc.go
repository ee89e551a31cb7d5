// Package house holds the rule of imports between the rooms of Gondor. It has tests only.
package house
