// Package local is the engine that runs processes of this machine, by a supervisor that
// outlives Gondor.
package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"gondor/app"
	"gondor/cluster/command"
	"gondor/cluster/health"
	"gondor/cluster/local/supervisor"
	"gondor/cluster/observers"
	"gondor/cluster/runtimes"
)

// Engine runs workloads, processes and builds on this machine and keeps their logs. It
// implements app.Workloads, app.Processes, app.Builder and app.Logs, and is safe for
// concurrent use. What it was told before Run is done once Run is called.
type Engine struct {
	options    Options
	layout     layout
	supervisor *supervisor.Client
	identities *identities
	cgroups    *cgroups
	ports      *ports
	observers  *observers.Observers
	runtimes   *runtimes.Runtimes
	prober     *health.Prober
	turns      *turns
	notes      []string

	mu        sync.Mutex
	workloads map[app.WorkloadRef]*workload
	replicas  map[string]*replica                    // by their ID
	orphans   []string                               // processes that nobody wants any more
	building  map[app.ID[app.Build]]app.ID[app.Site] // builds under way
	running   context.Context                        // of Run, nil before
	group     *errgroup.Group                        // of Run
}

// Open makes the data directory ready, starts the supervisor if none runs, and takes
// over what was running. It refuses a directory that instances could not reach.
func Open(ctx context.Context, o Options) (*Engine, error) {
	o = o.withDefaults()
	if !filepath.IsAbs(o.Dir) || o.FirstPort < 1 || o.LastPort > 65535 || o.FirstPort > o.LastPort {
		return nil, app.Invalid("data", "%q with ports %d to %d can't be used; give an absolute path and a range within 1 to 65535", o.Dir, o.FirstPort, o.LastPort)
	}
	e := &Engine{
		options: o, layout: layout{o.Dir}, observers: observers.New(), prober: health.NewProber(), turns: &turns{},
		ports:     newPorts(o.FirstPort, o.LastPort, o.Dir),
		workloads: map[app.WorkloadRef]*workload{}, replicas: map[string]*replica{}, building: map[app.ID[app.Build]]app.ID[app.Site]{},
	}
	if err := e.prepare(); err != nil {
		return nil, fmt.Errorf("prepare the data directory: %w", err)
	}
	if err := e.adopt(ctx); err != nil {
		return nil, fmt.Errorf("take over what runs: %w", err)
	}
	return e, nil
}

// prepare does what comes before the supervisor.
func (e *Engine) prepare() (err error) {
	if err := e.layout.make(); err != nil {
		return err
	}
	if e.identities, err = openIdentities(e.layout.identities(), e.options.UIDBase); err != nil {
		return err
	}
	e.runtimes = runtimes.New(command.SystemPath, e.identities.own, runtimePatience, e.options.Logger)
	if !e.identities.own {
		e.note("not running as root: instances are not isolated from each other")
	} else if err := checkPassable(e.options.Dir); err != nil {
		return err
	}
	var note string
	if e.cgroups, note = openCgroups(cgroupName(e.options.Dir)); note != "" {
		e.note(note)
	}
	return e.place()
}

// place makes Gondor's binary reachable for processes, under GONDOR.
func (e *Engine) place() (err error) {
	if e.options.Executable == "" {
		if e.options.Executable, err = os.Executable(); err != nil {
			return fmt.Errorf("find Gondor's binary: %w", err)
		}
	}
	if e.identities.own && !runtimes.UsableByOthers(e.options.Executable) {
		e.options.Executable, err = copyExecutable(e.options.Executable, filepath.Join(e.layout.dir, "bin"))
	}
	return err
}

func (e *Engine) note(sentence string) { e.notes = append(e.notes, sentence) }

// Notes returns sentences for the operator about what this machine does not allow.
func (e *Engine) Notes() []string { return e.notes }

// Listen returns a listener whose socket stays open while Gondor is down, so that
// connections wait for it; see supervisor.Client.Listen.
func (e *Engine) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	return e.supervisor.Listen(ctx, network, address)
}

// Run looks after everything until ctx ends, and returns nil then. All that it looks
// after runs on.
func (e *Engine) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	e.start(ctx, group)
	group.Go(func() error { return e.follow(ctx) })
	group.Go(func() error { return e.tidy(ctx) })
	group.Go(func() error { return e.finish(ctx) })
	if err := group.Wait(); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// start begins to look after the workloads that are known.
func (e *Engine) start(ctx context.Context, group *errgroup.Group) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running, e.group = ctx, group
	for _, w := range e.workloads {
		e.keep(w)
	}
	e.turns.begin(e.options.StartsAtOnce)
}

// finish waits for the end and sees to it that nothing more is begun.
func (e *Engine) finish(ctx context.Context) error {
	<-ctx.Done()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running, e.group = nil, nil
	return ctx.Err()
}

// keep begins to look after one workload, now or when Run is called. The caller holds
// the lock.
func (e *Engine) keep(w *workload) {
	if e.running != nil {
		ctx := e.running
		e.group.Go(func() error { return w.keep(ctx) })
	}
}

// Shutdown stops everything, the supervisor too. The next Open starts the workloads
// again. Call it when Run has returned. No error when everything is stopped.
func (e *Engine) Shutdown(ctx context.Context) error {
	if err := e.supervisor.Shutdown(ctx); err != nil && app.CodeOf(err) != app.CodeUnavailable {
		return fmt.Errorf("stop the supervisor: %w", err)
	}
	return e.cgroups.close()
}

// follow hears of every change of a process, and starts the supervisor again should it
// have gone.
func (e *Engine) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		err := e.supervisor.Watch(ctx, e.heed)
		if ctx.Err() != nil {
			break
		}
		e.options.Logger.Error("the supervisor has gone, starting it again", "error", err)
		if err := e.launch(ctx); err != nil {
			e.options.Logger.Error("can't start the supervisor", "error", err)
			pause(ctx, time.Second)
		}
	}
	return ctx.Err()
}

// heed passes a change on to the replica that it is about.
func (e *Engine) heed(s supervisor.Status, synced bool) {
	if synced {
		return
	}
	e.mu.Lock()
	r := e.replicas[s.ID]
	e.mu.Unlock()
	if r != nil {
		r.news.put(s)
		return
	}
	e.bury(s)
}

// launch starts the supervisor unless one runs. It does not end with ctx, so that nobody
// takes for gone what is about to come.
func (e *Engine) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	dir := e.layout.supervisor()
	argv := append(append([]string{}, e.options.Supervisor...), dir)
	client, err := supervisor.Launch(ctx, supervisor.LaunchOptions{Dir: dir, Argv: argv})
	if err == nil && e.supervisor == nil {
		e.supervisor = client
	}
	if err == nil {
		e.renew(ctx, argv)
	}
	return err
}

// renew lets the program that is to be the supervisor take its place, where one of another
// version runs. One that can't goes on: all that it runs does.
func (e *Engine) renew(ctx context.Context, argv []string) {
	same, err := e.supervisor.Runs(ctx, argv[0])
	if err == nil && !same {
		err = e.supervisor.Replace(ctx, argv)
	}
	if err != nil {
		e.options.Logger.Error("the supervisor goes on as the program that it was", "error", err)
	}
}

// pause waits, or less when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
