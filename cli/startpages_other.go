//go:build !linux

package cli

// forgetStart does nothing: only Linux counts pages that can be read again as memory in
// use.
func forgetStart() error { return nil }
