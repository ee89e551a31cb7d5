//go:build !linux

package smalldisk

import "testing"

// Mount skips the test.
func Mount(t *testing.T, _ int64) string {
	t.Helper()
	t.Skip("a disk of its own takes Linux")
	return ""
}

// Free is never called: Mount has skipped the test.
func Free(*testing.T, string) int64 { return 0 }

// Fill is never called: Mount has skipped the test.
func Fill(*testing.T, string) string { return "" }
