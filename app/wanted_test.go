package app

import (
	"fmt"
	"slices"
	"testing"
)

// stage is an instance with a release v1 that runs and a release v2 that is starting.
func stage(strategies map[string]Strategy) picture {
	plan := Plan{Processes: map[string]string{}, Services: map[string]ServiceConfig{}}
	p := picture{
		known:    true,
		instance: Instance{ID: "i"},
		releases: map[ID[Release]]Release{},
		builds:   map[ID[Build]]Build{},
	}
	var names []string
	for name, strategy := range strategies {
		plan.Processes[name] = "run " + name
		plan.Services[name] = ServiceConfig{Strategy: strategy}
		names = append(names, name)
		p.services = append(p.services, Service{Instance: "i", Name: name, Kind: Worker, Size: DefaultSize, Replicas: 1, Release: "r1"})
	}
	p.builds["b"] = Build{ID: "b", Plan: plan}
	p.releases["r1"] = Release{ID: "r1", Instance: "i", Number: 1, Build: "b", State: ReleaseActive}
	moving := Release{ID: "r2", Instance: "i", Number: 2, Build: "b", State: ReleaseStarting, Services: names}
	p.releases["r2"], p.moving = moving, &moving
	return p
}

func TestWhatRunsWhileAReleaseStarts(t *testing.T) {
	both := map[string]Strategy{"web": Overlap, "beat": StopFirst}
	tests := []struct {
		name     string
		services map[string]Strategy
		seen     map[string]ReplicaState // "web/2" is web in v2
		want     []string
	}{
		{"an overlapping service runs in both releases", map[string]Strategy{"web": Overlap}, nil, []string{"web/1", "web/2"}},
		{"one that stops first keeps running until the others are healthy", both, map[string]ReplicaState{"web/1": ReplicaHealthy, "beat/1": ReplicaHealthy, "web/2": ReplicaStarting}, []string{"beat/1", "web/1", "web/2"}},
		{"then it stops, and nothing of it runs", both, map[string]ReplicaState{"web/2": ReplicaHealthy, "beat/1": ReplicaHealthy}, []string{"web/1", "web/2"}},
		{"and starts when the engine has nothing left of it", both, map[string]ReplicaState{"web/2": ReplicaHealthy}, []string{"beat/2", "web/1", "web/2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := New(Config{}, Ports{}, nil)
			for key, state := range test.seen {
				ref := WorkloadRef{Instance: "i"}
				if _, err := fmt.Sscanf(key[len(key)-1:], "%d", &ref.Release); err != nil {
					t.Fatal(err)
				}
				ref.Service = key[:len(key)-2]
				a.state.take(Observation{Ref: ref, Replicas: []Replica{{State: state}}})
			}
			var got []string
			p := stage(test.services)
			for _, service := range p.services {
				for _, target := range a.targets(p, service) {
					got = append(got, fmt.Sprintf("%s/%d", target.service.Name, target.ref.Release))
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("runs %v, want %v", got, test.want)
			}
		})
	}
}

func TestBeatAndClockStopFirstUnlessToldOtherwise(t *testing.T) {
	for _, test := range []struct {
		name       string
		said, want Strategy
	}{
		{"web", "", Overlap},
		{"worker", "", Overlap},
		{"beat", "", StopFirst},
		{"clock", "", StopFirst},
		{"clock", Overlap, Overlap},
		{"worker", StopFirst, StopFirst},
	} {
		plan := Plan{Services: map[string]ServiceConfig{test.name: {Strategy: test.said}}}
		if got := plan.config(Service{Name: test.name}).Strategy; got != test.want {
			t.Errorf("the strategy of %s, told %q, is %s, want %s", test.name, test.said, got, test.want)
		}
	}
}

func TestAFailingHealthCheckNeverTakesAWholeSiteAway(t *testing.T) {
	replica := func(id string, state ReplicaState) Replica {
		return Replica{ID: id, Address: "127.0.0.1:1", State: state}
	}
	tests := []struct {
		name     string
		replicas []Replica
		want     []string
	}{
		{"healthy replicas alone take requests", []Replica{replica("a", ReplicaHealthy), replica("b", ReplicaUnhealthy)}, []string{"a"}},
		{"without any, the unhealthy ones do", []Replica{replica("a", ReplicaStarting), replica("b", ReplicaUnhealthy)}, []string{"b"}},
		{"then those that are starting", []Replica{replica("a", ReplicaStarting), replica("b", ReplicaCrashed)}, []string{"a"}},
		{"one that drains never does", []Replica{replica("a", ReplicaDraining)}, nil},
		{"nor one without an address", []Replica{{ID: "a", State: ReplicaHealthy}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, backend := range pick(test.replicas) {
				got = append(got, backend.Replica)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("requests go to %v, want %v", got, test.want)
			}
		})
	}
}
