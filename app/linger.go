package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Linger is how long the replicas of a web service serve on that a release has replaced,
// though nothing is in flight to them: pages that were loaded before the switch link files
// that only they may have, and a router asks them for those. A DrainTimeout that is shorter
// takes its place. A deploy is complete at the switch and does not wait for it.
const Linger = 5 * time.Second

// lingering remembers since when workloads have been replaced. It is safe for concurrent
// use.
type lingering struct {
	mu    sync.Mutex
	since map[WorkloadRef]time.Time
}

func newLingering() *lingering { return &lingering{since: map[WorkloadRef]time.Time{}} }

// begin returns since when the workload lingers: now, when it has not before.
func (l *lingering) begin(ref WorkloadRef, now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if since, known := l.since[ref]; known {
		return since
	}
	l.since[ref] = now
	return now
}

// retain forgets the workloads of an instance but these, and reports whether there were
// any.
func (l *lingering) retain(instance ID[Instance], refs []WorkloadRef) (gone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.since)
	maps.DeleteFunc(l.since, func(ref WorkloadRef, _ time.Time) bool {
		return ref.Instance == instance && !slices.Contains(refs, ref)
	})
	return len(l.since) < before
}

// lingers lists the workloads of an instance that have been replaced and are not to be
// removed yet, and has the instance looked at again when their time is over. After a
// restart of Gondor their time begins anew.
func (a *App) lingers(ctx context.Context, p picture) (map[WorkloadRef]bool, error) {
	kept := map[WorkloadRef]bool{}
	if a.lingering.retain(p.instance.ID, a.state.refs(p.instance.ID)) {
		a.tidy() // their artifacts may be needed no more
	}
	err := a.read(ctx, func(r Reader) error {
		for _, service := range p.services {
			replaced, err := a.replaced(r, service, p.releases[service.Release])
			if err != nil {
				return err
			}
			for _, t := range replaced {
				limit := min(Linger, t.config.DrainTimeout)
				if left := limit - a.now().Sub(a.lingering.begin(t.ref, a.now())); left > 0 {
					kept[t.ref] = true
					a.instances.addAfter(p.instance.ID, left)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find what lingers of instance %s: %w", p.instance.ID, err)
	}
	return kept, nil
}

// replacement is a workload that another release has taken the place of.
type replacement struct {
	ref    WorkloadRef
	config ServiceConfig
}

// replaced lists the workloads of a web service that the engine still has and that served
// in another release than the one it runs now. One that never served is none of them.
func (a *App) replaced(r Reader, service Service, runs Release) ([]replacement, error) {
	if service.Kind != Web || runs.ID == "" {
		return nil, nil
	}
	var all []replacement
	for _, ref := range a.state.refs(service.Instance) {
		if ref.Service != service.Name || ref.Release == runs.Number {
			continue
		}
		release, err := servedRelease(r, ref)
		if IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		build, err := r.Builds().Get(release.Build)
		if err != nil && !IsNotFound(err) {
			return nil, err
		}
		all = append(all, replacement{ref, build.Plan.config(service)})
	}
	return all, nil
}

// servedRelease is the release of a workload, when it has ever been switched to.
// CodeNotFound otherwise.
func servedRelease(r Reader, ref WorkloadRef) (Release, error) {
	release, err := numbered(r, ref.Instance, ref.Release)
	if err == nil && !release.State.Ran() {
		return Release{}, NotFound("release")
	}
	return release, err
}
