package main

import "testing"

func TestAMachineHasItsAddressesByItsName(t *testing.T) {
	for machine, want := range map[string][2]string{
		"n1":  {"10.123.0.11", "10.244.1.0/24"},
		"n40": {"10.123.0.50", "10.244.40.0/24"},
	} {
		if got := [2]string{machineAddress(machine), podRange(machine)}; got != want {
			t.Errorf("%s has %v, not %v", machine, got, want)
		}
	}
	if got := machineAddress(control); got != controlAddress {
		t.Errorf("the control plane has %s, not %s", got, controlAddress)
	}
}

func TestAHierarchyIsMountedAgainByWhatItControls(t *testing.T) {
	for options, want := range map[string]string{
		"rw,relatime,memory":                              "memory",
		"rw,nosuid,nodev,noexec,relatime,cpu,cpuacct":     "cpu,cpuacct",
		"rw,relatime,xattr,release_agent=/x,name=systemd": "none,name=systemd",
	} {
		if got := controllers(options); got != want {
			t.Errorf("%s: %q, not %q", options, got, want)
		}
	}
}

func TestAnImageIsNamedByItsPackagesInWhateverOrder(t *testing.T) {
	one := fingerprint("a:1", []string{"redis", "python3"})
	if other := fingerprint("a:1", []string{"python3", "redis"}); other != one {
		t.Errorf("the order of the packages matters: %s, %s", one, other)
	}
	for _, other := range []string{fingerprint("b:1", []string{"redis", "python3"}), fingerprint("a:1", []string{"redis"})} {
		if other == one {
			t.Errorf("two images share the name %s", one)
		}
	}
}
