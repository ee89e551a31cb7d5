// Package smalldisk gives tests a disk of their own that is small enough to be filled.
package smalldisk
