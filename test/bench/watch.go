package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"gondor/cluster/local/supervisor"
)

// watcher sees the site's own processes come and go, as the supervisor does.
type watcher struct {
	host string // of the site

	mu       sync.Mutex
	statuses map[string]supervisor.Status
	answered map[string]time.Time // when a web process first answered, asked directly
	asking   sync.WaitGroup
}

// watch follows the processes of a server until ctx ends; wait for done then.
func (s *server) watch(ctx context.Context, host string) (w *watcher, done func(), err error) {
	client, err := supervisor.Dial(ctx, filepath.Join(s.data, "engine", "supervisor"))
	if err != nil {
		return nil, nil, err
	}
	w = &watcher{host: host, statuses: map[string]supervisor.Status{}, answered: map[string]time.Time{}}
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

// ask notes when a web process first answers, whatever that is: the processes of all sites
// are seen, and Django refuses the host of another one. Who asks on until it does not keeps
// the cores from the deploys that are measured.
func (w *watcher) ask(ctx context.Context, s supervisor.Status) {
	port, err := portOf(ctx, s.PID)
	if err != nil {
		return
	}
	a := newAsker("127.0.0.1:" + port)
	defer a.close()
	at, err := a.until(ctx, 2*time.Millisecond, w.host, "/", answers)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered[s.ID] = at
}

// portOf is the port that a web process was given. A process that has just been made shows
// no environment until the kernel has written it.
func portOf(ctx context.Context, pid int) (string, error) {
	for {
		if port := variable(pid, "PORT"); port != "" {
			return port, nil
		}
		if err := syscall.Kill(pid, 0); err != nil {
			return "", err
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return "", err
		}
	}
}

// variable is a variable in the environment of a process, empty when it has none.
func variable(pid int, name string) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return ""
	}
	for one := range strings.SplitSeq(string(text), "\x00") {
		if value, found := strings.CutPrefix(one, name+"="); found {
			return value
		}
	}
	return ""
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
