package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gondor/cluster/local/supervisor"
)

// watcher sees the processes of all sites come and go, as the supervisor does.
type watcher struct {
	mu       sync.Mutex
	statuses map[string]supervisor.Status
	answered map[string]time.Time // when a web process first answered, asked directly
	asking   sync.WaitGroup
}

// watch follows the processes of a server until ctx ends; wait for done then.
func (s *server) watch(ctx context.Context) (w *watcher, done func(), err error) {
	client, err := supervisor.Dial(ctx, filepath.Join(s.data, "engine", "supervisor"))
	if err != nil {
		return nil, nil, err
	}
	w = &watcher{statuses: map[string]supervisor.Status{}, answered: map[string]time.Time{}}
	synced := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() {
		_ = client.Watch(ctx, func(one supervisor.Status, all bool) { // ends with ctx
			if all {
				close(synced)
				return
			}
			w.heed(ctx, one)
		})
	})
	select {
	case <-synced:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	return w, func() { following.Wait(); w.asking.Wait() }, nil
}

func (w *watcher) heed(ctx context.Context, s supervisor.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.statuses[s.ID]
	w.statuses[s.ID] = s
	if s.Labels["kind"] == "replica" && s.State == supervisor.StateRunning && before.PID != s.PID {
		w.asking.Go(func() { w.ask(ctx, s) })
	}
}

// ask notes when a web process first answers to the host that it is told to allow.
func (w *watcher) ask(ctx context.Context, s supervisor.Status) {
	env, err := environmentOf(ctx, s.PID)
	if err != nil {
		return
	}
	a := newAsker("127.0.0.1:" + env["PORT"])
	defer a.close()
	host, _, _ := strings.Cut(env["ALLOWED_HOSTS"], ",")
	at, err := a.until(ctx, 2*time.Millisecond, host, "/", ok)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered[s.ID] = at
}

// environmentOf is the environment of a web process. One that has just been made, or that
// is about to run another program, shows none until the kernel has written it.
func environmentOf(ctx context.Context, pid int) (map[string]string, error) {
	for {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil {
			return nil, fmt.Errorf("read the environment of a process: %w", err)
		}
		env := map[string]string{}
		for one := range strings.SplitSeq(string(text), "\x00") {
			name, value, _ := strings.Cut(one, "=")
			env[name] = value
		}
		if env["PORT"] != "" {
			return env, nil
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// rest waits until what was replaced has gone, and for what is tidied up then: people do not
// deploy a site again within seconds.
func (w *watcher) rest(ctx context.Context, sites int) error {
	for w.running() > sites {
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return pause(ctx, time.Second)
}

// running is how many web processes of all sites run.
func (w *watcher) running() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.statuses {
		if s.Labels["kind"] == "replica" && s.State == supervisor.StateRunning {
			n++
		}
	}
	return n
}

// own is what the site's own processes took of a deploy.
type own struct {
	steps   time.Duration // the steps of its build, from exec to end, added up
	release time.Duration // its release process, from exec to end
	start   time.Duration // its new web process, from exec to its first direct answer
}

// since adds up the processes that began after a moment, once the new web process has
// answered directly.
func (w *watcher) since(ctx context.Context, began time.Time) (own, error) {
	for {
		o := w.sum(began)
		if o.start > 0 {
			return o, nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return o, err
		}
	}
}

func (w *watcher) sum(began time.Time) (o own) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, s := range w.statuses {
		switch {
		case s.Started.Before(began):
		case strings.HasPrefix(id, "build-"):
			o.steps += s.Exit.Ended.Sub(s.Started)
		case strings.HasPrefix(id, "release-"):
			o.release += s.Exit.Ended.Sub(s.Started)
		case !w.answered[id].IsZero():
			o.start = w.answered[id].Sub(s.Started)
		}
	}
	return o
}
