package kube

import (
	"context"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"gondor/app"
	"gondor/cluster/kube/routes"
)

func route(host string, release int) app.Route {
	ref := app.WorkloadRef{Instance: "i1", Service: "web", Release: release}
	return app.Route{Host: host, Site: "s1", Instance: "i1", Service: "web", Workload: ref}
}

// due lists what is in line and writes it.
func due(t *testing.T, f *fronts) []front {
	t.Helper()
	var all []front
	for {
		ctx, cancel := context.WithCancel(t.Context())
		if len(f.line) == 0 {
			cancel()
		}
		id, one, err := f.next(ctx)
		cancel()
		if err != nil {
			return all
		}
		all = append(all, one)
		f.written(id, true)
	}
}

func TestTheHostsOfAnInstanceAreWrittenTogether(t *testing.T) {
	f := newFronts()
	f.take(app.RouteChange{Route: route("b.example.com", 1)})
	f.take(app.RouteChange{Route: route("a.example.com", 1)})
	f.take(app.RouteChange{Synced: true})
	written := due(t, f)
	if len(written) != 1 || !slices.Equal(written[0].hosts, []string{"a.example.com", "b.example.com"}) {
		t.Errorf("written was %+v", written)
	}
	f.take(app.RouteChange{Route: route("a.example.com", 2)})
	f.take(app.RouteChange{Route: route("b.example.com", 2)})
	if written := due(t, f); len(written) != 1 || written[0].route.Workload.Release != 2 {
		t.Errorf("after the switch written was %+v", written)
	}
}

func TestWhatChangesNothingInTheClusterIsNotWritten(t *testing.T) {
	f := newFronts()
	f.take(app.RouteChange{Route: route("a.example.com", 1)})
	due(t, f)
	again := route("a.example.com", 1)
	again.Backends = []app.Backend{{Replica: "web-1", Address: "10.0.0.1:8080"}}
	f.take(app.RouteChange{Route: again})
	f.take(app.RouteChange{Route: app.Route{Host: "unknown.example.com"}, Removed: true})
	if written := due(t, f); len(written) != 0 {
		t.Errorf("written was %+v", written)
	}
}

func TestAHostThatIsRemovedOrMovesLeavesItsInstance(t *testing.T) {
	f := newFronts()
	f.take(app.RouteChange{Route: route("a.example.com", 1)})
	f.take(app.RouteChange{Route: route("b.example.com", 1)})
	due(t, f)
	moved := route("a.example.com", 1)
	moved.Instance, moved.Workload.Instance = "i2", "i2"
	f.take(app.RouteChange{Route: moved})
	if written := due(t, f); len(written) != 2 || !slices.Equal(written[0].hosts, []string{"b.example.com"}) || written[1].route.Instance != "i2" {
		t.Errorf("written was %+v", written)
	}
	f.take(app.RouteChange{Route: app.Route{Host: "b.example.com"}, Removed: true})
	if written := due(t, f); len(written) != 1 || len(written[0].hosts) != 0 {
		t.Errorf("at the end written was %+v", written)
	}
}

func TestSettledWaitsForWhatIsBeingWritten(t *testing.T) {
	f := newFronts()
	if err := f.settled(t.Context(), "i1"); err != nil {
		t.Errorf("of an instance without routes: %v", err)
	}
	f.take(app.RouteChange{Route: route("a.example.com", 1)})
	id, _, err := f.next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.written(id, false) // it failed, and is in line again
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := f.settled(short, "i1"); err == nil {
		t.Error("what could not be written counts as settled")
	}
	settled := make(chan error, 1)
	go func() { settled <- f.settled(t.Context(), "i1") }()
	due(t, f)
	if err := <-settled; err != nil {
		t.Error(err)
	}
}

func TestNothingIsSettledBeforeTheDomainHasToldAllItsRoutes(t *testing.T) {
	f := newFronts()
	f.expect()
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := f.settled(short, "i1"); err == nil {
		t.Error("what an earlier Gondor wrote counts as settled")
	}
	f.take(app.RouteChange{Synced: true})
	if err := f.settled(t.Context(), "i1"); err != nil {
		t.Error(err)
	}
}

func TestTheServiceBesideAFrontSelectsAllReplicasAndIsNoRoute(t *testing.T) {
	o := Options{Namespace: "gondor"}
	one := front{route: route("", 2), hosts: []string{"a.example.com"}}
	front, beside := o.service("i1", one), o.serviceBeside("i1", one)
	if beside.Name == front.Name || beside.Namespace != front.Namespace {
		t.Errorf("it is %s/%s", beside.Namespace, beside.Name)
	}
	if beside.Labels[routes.LabelBeside] != front.Name || front.Labels[routes.LabelBeside] != "" || len(beside.Annotations) > 0 {
		t.Errorf("it has the labels %v and the annotations %v", beside.Labels, beside.Annotations)
	}
	selector := labels.SelectorFromSet(beside.Spec.Selector)
	for release := range 3 {
		w := app.Workload{Ref: app.WorkloadRef{Instance: "i1", Service: "web", Release: release}}
		if !selector.Matches(labels.Set(o.workloadLabels(w))) {
			t.Errorf("it does not select the replicas of release %d", release)
		}
	}
	if selector.Matches(labels.Set(o.workloadLabels(app.Workload{Ref: app.WorkloadRef{Instance: "i1", Service: "worker"}}))) {
		t.Error("it selects workers")
	}
}
