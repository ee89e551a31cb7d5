// Package scripts holds the scripts that say what the gondor binary does, from outside.
// They run against the real binary, built with the race detector when the tests are.
package scripts
