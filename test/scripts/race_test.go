//go:build race

package scripts

// raceFlags build the binary as the tests are built.
var raceFlags = []string{"-race"}
