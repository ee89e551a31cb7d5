package local

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"gondor/app"
	"gondor/cluster/local/supervisor"
)

// The labels of processes.
const (
	labelKind     = "kind"
	labelWorkload = "workload" // the key of a replica's workload
	labelIndex    = "index"    // of a replica in its workload
	labelGroup    = "group"    // its cgroup
	labelInstance = "instance" // whose it is; none of a build's step

	kindReplica = "replica"
	kindProcess = "process"
	kindRun     = "run" // a process that is stopped when who is attached to it goes
)

// adopt takes over what an earlier Gondor left: the workloads that should run, and the
// processes that do. The cgroups come before the supervisor, which may start replicas
// in them at once.
func (e *Engine) adopt(ctx context.Context) error {
	records, err := e.layout.records()
	if err != nil {
		return err
	}
	byKey := map[string]*workload{}
	for _, r := range records {
		w := newWorkload(e, r)
		e.workloads[r.Workload.Ref], byKey[key(r.Workload.Ref)] = w, w
		if err := e.restore(r); err != nil {
			return err
		}
	}
	if err := e.launch(ctx); err != nil {
		return err
	}
	statuses, err := e.supervisor.List(ctx)
	if err != nil {
		return fmt.Errorf("list the processes: %w", err)
	}
	e.adoptProcesses(byKey, statuses)
	for _, w := range e.workloads {
		w.lineUp()
		w.publish()
	}
	return e.removeGroups(statuses)
}

// restore makes what the replicas of a workload need to be started again.
func (e *Engine) restore(r *record) error {
	for _, port := range r.Ports {
		e.ports.keep(port)
	}
	for _, group := range r.groups() {
		if err := e.cgroups.restore(group, sizeShare(r.Workload.Program.Size, e.options.HardCPU)); err != nil {
			return err
		}
	}
	return nil
}

// groups lists the cgroups of the replicas that should run: none of a workload on its way
// out, of which a kill may have left nothing but them.
func (r *record) groups() []string {
	if r.Removed {
		return nil
	}
	var groups []string
	for index := range r.Workload.Replicas {
		groups = append(groups, sites.group(replicaID(r.Workload.Ref, index)))
	}
	return groups
}

// adoptProcesses gives every replica to its workload. Runs were attached to the earlier
// Gondor, so nobody will ask for them again.
func (e *Engine) adoptProcesses(byKey map[string]*workload, statuses []supervisor.Status) {
	for _, s := range statuses {
		switch s.Labels[labelKind] {
		case kindReplica:
			e.adoptReplica(byKey[s.Labels[labelWorkload]], s)
		case kindRun:
			e.orphans = append(e.orphans, s.ID)
		}
	}
}

func (e *Engine) adoptReplica(w *workload, s supervisor.Status) {
	index, err := strconv.Atoi(s.Labels[labelIndex])
	if w == nil || err != nil {
		e.orphans = append(e.orphans, s.ID)
		return
	}
	w.adopt(index, s)
}

// removeGroups removes the cgroups of processes that are no more, and ends what still runs
// in one that nobody knows.
func (e *Engine) removeGroups(statuses []supervisor.Status) error {
	needed := map[string]bool{}
	for _, s := range statuses {
		needed[s.Labels[labelGroup]] = s.State != supervisor.StateExited
	}
	for _, w := range e.workloads {
		for _, group := range w.record.groups() {
			needed[group] = true
		}
	}
	var errs []error
	for _, b := range []branch{sites, builds} {
		for _, group := range e.cgroups.groups(b) {
			if !needed[group] {
				errs = append(errs, e.cgroups.clear(group))
			}
		}
	}
	return errors.Join(errs...)
}

// tidy stops the processes that nobody wants any more.
func (e *Engine) tidy(ctx context.Context) error {
	for _, id := range e.orphans {
		e.options.Logger.Warn("stopping a process that nobody wants any more", "process", id)
		for err := e.end(ctx, id); err != nil && ctx.Err() == nil; err = e.end(ctx, id) {
			e.options.Logger.Error("can't stop a process", "process", id, "error", err)
			pause(ctx, retryInterval)
		}
	}
	return nil
}

// end stops a process for good and forgets it, with its cgroup.
func (e *Engine) end(ctx context.Context, id string) error {
	if err := e.supervisor.Stop(ctx, id); err != nil && !app.IsNotFound(err) {
		return fmt.Errorf("stop: %w", err)
	}
	if _, err := e.supervisor.Wait(ctx, id); err != nil && !app.IsNotFound(err) {
		return fmt.Errorf("wait for the end: %w", err)
	}
	if err := e.supervisor.Remove(ctx, id); err != nil {
		return fmt.Errorf("forget: %w", err)
	}
	return e.cgroups.remove(sites.group(id))
}
