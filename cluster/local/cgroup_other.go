//go:build !linux

package local

import "time"

// cgroups limit nothing on this system.
type cgroups struct{}

func openCgroups(string) (*cgroups, string) {
	return &cgroups{}, "this system has no control groups: sizes are not enforced as limits of CPU and memory"
}

func (*cgroups) make(string, share) ([]string, error) { return nil, nil }
func (*cgroups) restore(string, share) error          { return nil }
func (*cgroups) remove(string) error                  { return nil }
func (*cgroups) clear(string) error                   { return nil }
func (*cgroups) groups(branch) []string               { return nil }
func (*cgroups) cpuTime(string) (time.Duration, bool) { return 0, false }
func (*cgroups) yield(bool) error                     { return nil }
func (*cgroups) close() error                         { return nil }
