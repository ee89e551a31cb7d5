package cli

import (
	"bytes"
	"slices"
	"testing"

	"gondor/app"
	"gondor/build"
	"gondor/web/api"
)

func TestWhatADeployTakesAndWhere(t *testing.T) {
	config := build.Config{Branches: map[string]string{"main": "primary", "develop": "staging", "a": "both", "b": "both"}}
	for name, c := range map[string]struct {
		branch, instance, ref string // what is checked out and said
		wantRef, wantLabel    string // label empty: refused
	}{
		"the branch goes to its instance":              {"main", "", "", "main", "primary"},
		"a branch that is named goes to its own":       {"main", "", "develop", "develop", "staging"},
		"another ref goes to that of the branch":       {"main", "", "v1.0", "v1.0", "primary"},
		"an instance takes its own branch":             {"main", "staging", "", "develop", "staging"},
		"or the one of its branches that is there":     {"b", "both", "", "b", "both"},
		"with several others, what is checked out":     {"main", "both", "", "main", "both"},
		"an instance without a branch, what is there":  {"main", "review", "", "main", "review"},
		"an instance takes the ref that is named":      {"main", "staging", "main", "main", "staging"},
		"a branch without an instance is refused":      {"topic", "", "", "topic", ""},
		"and so is a commit that is no branch":         {"", "", "", "HEAD", ""},
		"a commit can go to an instance that is named": {"", "review", "", "HEAD", "review"},
	} {
		t.Run(name, func(t *testing.T) {
			ref := chooseRef(config, c.branch, c.instance, c.ref)
			label, err := chooseLabel(config, c.branch, c.instance, c.ref)
			if ref != c.wantRef || label != c.wantLabel || (err != nil) != (c.wantLabel == "") {
				t.Errorf("got %q to %q, %v; want %q to %q", ref, label, err, c.wantRef, c.wantLabel)
			}
		})
	}
}

func TestMismatchesNameBothSides(t *testing.T) {
	processes := map[string]string{"web": "x", "mail": "x", "release": "x"}
	got := mismatches(processes, []string{"web", "clock"})
	want := []string{
		"no service runs the process type mail; make one with: gondor services create worker --name mail",
		"the service clock has no process type of that name, and is left as it is",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestAReleaseWaitsForTheFirstInLine(t *testing.T) {
	releases := []api.Release{ // the newest first, as they are listed
		{Number: 4, State: app.ReleasePending, Creator: "dan"},
		{Number: 3, State: app.ReleasePending, Creator: "cat"},
		{Number: 2, State: app.ReleaseStarting, Creator: "bob"},
		{Number: 1, State: app.ReleaseRetired, Creator: "ann"},
	}
	if got := waitsFor(releases[0], releases); got != "waits for v2 of bob, which is starting" {
		t.Errorf("got %q", got)
	}
	if got := waitsFor(releases[2], releases); got != "" {
		t.Errorf("the first in line waits for %q", got)
	}
}

func TestHealthCountsTheReplicasOfTheRelease(t *testing.T) {
	replica := func(release int, state app.ReplicaState) api.Replica {
		return api.Replica{Release: release, State: state}
	}
	services := []api.Service{
		{Name: "web", DesiredReplicas: 2, Processes: []api.Replica{
			replica(1, app.ReplicaHealthy), replica(2, app.ReplicaHealthy), replica(2, app.ReplicaStarting),
		}},
		{Name: "clock", DesiredReplicas: 1},
	}
	got := healthOf(api.Release{Number: 2, Services: []string{"web"}}, services)
	if got != "web 1 of 2 healthy" {
		t.Errorf("got %q", got)
	}
}

func TestAnOutputThatBeginsAnewGoesOnWhereItWas(t *testing.T) {
	var out bytes.Buffer
	r := &resumed{out: &out}
	write := func(texts ...string) {
		for _, text := range texts {
			if n, err := r.Write([]byte(text)); n != len(text) || err != nil {
				t.Fatalf("wrote %d of %q, %v", n, text, err)
			}
		}
	}
	write("one\ntw", "o\nth")
	r.again()
	write("on", "e\ntwo\nthree", "\nfour\n")
	if out.String() != "one\ntwo\nthree\nfour\n" {
		t.Errorf("got %q", out.String())
	}
}

func TestParseNumber(t *testing.T) {
	for text, want := range map[string]int{"v3": 3, "12": 12, "v0": 0, "-1": 0, "vv3": 0, "v": 0, "": 0, "v3x": 0, "99999999999": 0} {
		got, err := parseNumber(text)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
}
