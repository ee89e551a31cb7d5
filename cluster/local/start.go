package local

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"gondor/app"
	"gondor/cluster/command"
	"gondor/cluster/local/supervisor"
)

// start makes what the replica needs and has the supervisor start it.
func (r *replica) start(ctx context.Context) error {
	e := r.workload.engine
	if !r.awaitTurn(ctx) {
		return ctx.Err()
	}
	if r.process == supervisor.StateExited {
		if err := e.supervisor.Remove(ctx, r.id); err != nil {
			return fmt.Errorf("forget the process before: %w", err)
		}
	}
	port, err := r.workload.port(r)
	if err != nil {
		return err
	}
	spec, err := e.spec(r.spec.Program, sites.group(r.id), r.place(port))
	if err != nil {
		return err
	}
	spec.ID, spec.Restart, spec.StopTimeout = r.id, true, r.spec.Config.StopTimeout
	spec.Log = r.spec.LogName
	maps.Copy(spec.Labels, map[string]string{labelKind: kindReplica, labelWorkload: key(r.spec.Ref), labelIndex: strconv.Itoa(r.index)})
	if err := e.supervisor.Start(ctx, spec); err != nil {
		return fmt.Errorf("start the replica: %w", err)
	}
	r.process, r.begun = "", true
	return nil
}

// place says where a web replica is to listen; its own PORT, when port is 0, wins.
func (r *replica) place(port int) map[string]string {
	if r.spec.Kind != app.Web {
		return nil
	}
	place := map[string]string{"HOST": loopback}
	if port != 0 {
		place["PORT"] = strconv.Itoa(port)
	}
	return place
}

// port returns the replica's port, a new one if it has none; 0 when it needs none.
func (w *workload) port(r *replica) (int, error) {
	if r.spec.Kind != app.Web || r.spec.Program.Env["PORT"] != "" {
		return 0, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if port, ok := w.record.Ports[r.index]; ok {
		return port, nil
	}
	port, err := w.engine.ports.take()
	if err != nil {
		return 0, err
	}
	w.record.Ports[r.index] = port
	return port, w.engine.layout.save(w.record)
}

// address returns where a web replica listens, as far as that is known.
func (r *replica) address() string {
	if r.spec.Kind != app.Web {
		return ""
	}
	if own, err := strconv.Atoi(r.spec.Program.Env["PORT"]); err == nil {
		return address(own)
	}
	r.workload.mu.Lock()
	defer r.workload.mu.Unlock()
	if port, ok := r.workload.record.Ports[r.index]; ok {
		return address(port)
	}
	return ""
}

// spec is what replicas and one-offs have in common: user, directories, environment and
// limits.
func (e *Engine) spec(p app.Program, group string, place map[string]string) (supervisor.Spec, error) {
	dir, err := e.layout.app(p.Artifact)
	if err != nil {
		return supervisor.Spec{}, err
	}
	who, err := e.identities.instance(p.Site, p.Instance)
	if err != nil {
		return supervisor.Spec{}, err
	}
	given, err := e.give(who, p.Instance)
	if err != nil {
		return supervisor.Spec{}, err
	}
	given.Over(place)
	cgroups, err := e.cgroups.make(group, sizeShare(p.Size, e.options.HardCPU))
	if err != nil {
		return supervisor.Spec{}, err
	}
	return supervisor.Spec{
		Argv: command.Of(p), Dir: dir, Env: given.Plan(p.Base, "${APP}", dir).Over(p.Env).List(),
		UID: who.UID, GID: who.GID, Groups: who.Groups,
		Cgroups: cgroups, MemoryLimit: p.Size.Memory, Labels: map[string]string{labelGroup: group, labelInstance: string(p.Instance)},
	}, nil
}

// give makes the directories of an instance and returns the environment that names them.
func (e *Engine) give(who identity, id app.ID[app.Instance]) (command.Environment, error) {
	given := command.Environment{
		"DATA_DIR": e.layout.data(id), "HOME": e.layout.home(id), "TMPDIR": e.layout.tmp(string(id)),
	}
	for _, dir := range given {
		if err := who.makeOwn(dir); err != nil {
			return nil, fmt.Errorf("make the directories of an instance: %w", err)
		}
	}
	return given.Over(map[string]string{
		"PATH": e.runtimes.Path(), "LANG": "C.UTF-8", "GONDOR": e.options.Executable,
	}), nil
}
