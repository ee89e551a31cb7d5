package web

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"gondor/app"
)

// engine implements the ports of the domain in memory, with real processes for what is
// run, as much as the HTTP face needs: what is applied becomes healthy at once.
type engine struct {
	mu        sync.Mutex
	sources   map[app.ID[app.Build]][]byte
	running   map[app.WorkloadRef]app.Workload
	observers map[chan app.Observation]bool
	processes map[app.ProcessID]*process
	logs      map[app.LogName]*memoryLog
	sick      bool // what is applied crashes
}

func newEngine() *engine {
	return &engine{
		sources: map[app.ID[app.Build]][]byte{}, running: map[app.WorkloadRef]app.Workload{},
		observers: map[chan app.Observation]bool{}, processes: map[app.ProcessID]*process{},
		logs: map[app.LogName]*memoryLog{},
	}
}

// Sources.

func (e *engine) Receive(_ context.Context, id app.ID[app.Build], source io.Reader) (int64, error) {
	data, err := io.ReadAll(source)
	if err != nil {
		return 0, app.Invalid("", "the upload broke off")
	}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		_, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, app.Invalid("", "the body is not a tar")
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sources[id] = data
	return int64(len(data)), nil
}

func (e *engine) Plan(context.Context, app.ID[app.Build], []app.Runtime) (app.Plan, error) {
	return app.Plan{Language: "Procfile", Runtime: "none", Processes: map[string]string{"web": "serve", "worker": "work"}}, nil
}

func (e *engine) Open(_ context.Context, id app.ID[app.Build]) (io.ReadCloser, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return io.NopCloser(bytes.NewReader(e.sources[id])), nil
}

func (e *engine) Discard(_ context.Context, id app.ID[app.Build]) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sources, id)
	return nil
}

func (e *engine) IDs(context.Context) ([]app.ID[app.Build], error) { return nil, nil }

// Builder.

func (e *engine) Runtimes(context.Context) ([]app.Runtime, error) { return nil, nil }

func (e *engine) Build(ctx context.Context, o app.BuildOrder, _ io.Reader) (app.Artifact, error) {
	return app.Artifact{Ref: string(o.Build), Size: 1}, e.Append(ctx, o.LogName, "built")
}

func (e *engine) Adopt(_ context.Context, o app.Adoption) (app.Plan, app.Artifact, error) {
	if strings.Contains(o.Image, "missing") {
		return app.Plan{}, app.Artifact{}, app.Fault(app.CodeFailed, "there is no image %s", o.Image)
	}
	plan := app.Plan{Language: "image", Processes: map[string]string{"web": "serve all"}, Argv: map[string][]string{"web": {"serve", "all"}}}
	return plan, app.Artifact{Ref: o.Image + "@sha256:1", Size: 1}, nil
}

func (e *engine) Keep(context.Context, time.Time, []app.ID[app.Build], []app.ID[app.Site]) error {
	return nil
}

// Workloads.

func (e *engine) Apply(_ context.Context, w app.Workload) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if was, known := e.running[w.Ref]; known && was.Replicas == w.Replicas {
		return nil
	}
	e.running[w.Ref] = w
	e.tell(e.observation(w))
	return nil
}

// runs reports whether one of the workloads that run fulfils the condition.
func (e *engine) runs(condition func(app.Workload) bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(slices.Collect(maps.Values(e.running)), condition)
}

func (e *engine) observation(w app.Workload) app.Observation {
	o := app.Observation{Ref: w.Ref}
	for range w.Replicas {
		r := app.Replica{Ref: w.Ref, ID: w.Ref.String(), State: app.ReplicaHealthy, Started: time.Now()}
		if e.sick {
			r.State, r.Message, r.Output = app.ReplicaCrashed, "exit status 1", []string{"no such module"}
		}
		o.Replicas = append(o.Replicas, r)
	}
	return o
}

func (e *engine) Remove(_ context.Context, ref app.WorkloadRef) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.running, ref)
	e.tell(app.Observation{Ref: ref, Gone: true})
	return nil
}

func (e *engine) Purge(context.Context, app.ID[app.Instance]) error { return nil }

func (e *engine) tell(o app.Observation) {
	for observer := range e.observers {
		observer <- o
	}
}

func (e *engine) Observe(ctx context.Context, fn func(app.Observation)) error {
	told := make(chan app.Observation, 1000)
	e.mu.Lock()
	for _, w := range e.running {
		told <- e.observation(w)
	}
	told <- app.Observation{Synced: true}
	e.observers[told] = true
	e.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case o := <-told:
			fn(o)
		}
	}
}

// processes is the engine as app.Processes.
type processes struct{ *engine }

type process struct {
	app.Process
	ended chan struct{}
	exit  app.Exit
}

func (e processes) Start(_ context.Context, p app.Process) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.processes[p.ID] == nil {
		e.processes[p.ID] = &process{Process: p, ended: make(chan struct{})}
	}
	return nil
}

func (e processes) find(id app.ProcessID) (*process, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.processes[id]; p != nil {
		return p, nil
	}
	return nil, app.NotFound("process")
}

func (e processes) Attach(ctx context.Context, id app.ProcessID, s app.Streams) error {
	p, err := e.find(id)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", p.Program.Command)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = s.Stdout, s.Stderr, time.Second
	input, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(input, s.Stdin)
		input.Close()
	}()
	err = cmd.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		p.exit = app.Exit{Code: max(failed.ExitCode(), 1), Message: failed.Error()}
		err = nil
	}
	close(p.ended)
	return err
}

func (e processes) Wait(ctx context.Context, id app.ProcessID) (app.Exit, error) {
	p, err := e.find(id)
	if err != nil {
		return app.Exit{}, err
	}
	select {
	case <-ctx.Done():
		return app.Exit{}, ctx.Err()
	case <-p.ended:
		return p.exit, nil
	}
}

func (e processes) Stop(context.Context, app.ProcessID) error { return nil }

func (e processes) Forget(_ context.Context, id app.ProcessID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.processes, id)
	return nil
}

func (e processes) Kept(context.Context) ([]app.ProcessID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Keys(e.processes)), nil
}

// Logs.

type memoryLog struct {
	lines  []app.LogLine
	closed bool
	news   chan struct{} // closed at the next change
}

func (e *engine) log(name app.LogName) *memoryLog {
	if e.logs[name] == nil {
		e.logs[name] = &memoryLog{news: make(chan struct{})}
	}
	return e.logs[name]
}

func (e *engine) changeLog(name app.LogName, change func(*memoryLog)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.log(name)
	change(l)
	close(l.news)
	l.news = make(chan struct{})
}

func (e *engine) Write(_ context.Context, name app.LogName, lines ...app.LogLine) error {
	e.changeLog(name, func(l *memoryLog) {
		for _, line := range lines {
			line.Cursor = app.Cursor(len(l.lines) + 1)
			l.lines = append(l.lines, line)
		}
	})
	return nil
}

func (e *engine) Append(_ context.Context, name app.LogName, text string) error {
	e.changeLog(name, func(l *memoryLog) {
		for line := range strings.Lines(text) {
			l.lines = append(l.lines, app.LogLine{
				Cursor: app.Cursor(len(l.lines) + 1), Time: time.Now(), Stream: app.Gondor, Text: strings.TrimSuffix(line, "\n"),
			})
		}
	})
	return nil
}

func (e *engine) Close(_ context.Context, name app.LogName) error {
	e.changeLog(name, func(l *memoryLog) { l.closed = true })
	return nil
}

func (e *engine) Drop(context.Context, app.LogName) error { return nil }

func (e *engine) after(q app.LogQuery) (lines []app.LogLine, closed bool, news chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.log(q.Log)
	lines = l.lines[min(int(q.After), len(l.lines)):]
	if q.Last > 0 {
		lines = lines[max(0, len(lines)-q.Last):]
	}
	return lines, l.closed, l.news
}

func (e *engine) Lines(ctx context.Context, q app.LogQuery) iter.Seq2[app.LogLine, error] {
	return func(yield func(app.LogLine, error) bool) {
		for {
			lines, closed, news := e.after(q)
			for _, line := range lines {
				if q.After = line.Cursor; !yield(line, nil) {
					return
				}
			}
			if q.Last = 0; !q.Follow || closed {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-news:
			}
		}
	}
}

// Space implements app.Disk: there is room.
func (e *engine) Space(context.Context) (app.DiskSpace, error) {
	return app.DiskSpace{Total: 1 << 40, Free: 1 << 40, Budget: 1 << 40}, nil
}

func (e *engine) Parts(context.Context) ([]app.DiskPart, error) {
	return []app.DiskPart{{Kind: app.DiskStore, Used: 4096}}, nil
}

func (e *engine) DropCaches(context.Context, int64) error { return nil }

func (e *engine) DropLogs(context.Context, int64) error { return nil }
