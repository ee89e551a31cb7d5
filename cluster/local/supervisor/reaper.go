package supervisor

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// reaper collects all children of this process with one goroutine: a wait of its own for
// each would cost a thread each. Nothing else in the process may wait for children.
type reaper struct {
	mu    sync.Mutex // held from a fork until its child is known
	ended map[int]func(syscall.WaitStatus)

	ending sync.WaitGroup // of those who hear of an end
}

func newReaper() *reaper { return &reaper{ended: map[int]func(syscall.WaitStatus){}} }

// start forks a child; ended is called once, in a goroutine of its own, when it has been
// reaped.
func (r *reaper) start(fork func() (int, error), ended func(syscall.WaitStatus)) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := fork()
	if err != nil {
		return 0, err
	}
	r.ended[pid] = ended
	return pid, nil
}

// adopt makes a child known that this process had before it became another program.
func (r *reaper) adopt(pid int, ended func(syscall.WaitStatus)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[pid] = ended
}

// Run reaps until ctx ends.
func (r *reaper) Run(ctx context.Context) error {
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	defer signal.Stop(children)
	for {
		for r.reap() {
		}
		select {
		case <-ctx.Done():
			return nil
		case <-children:
		}
	}
}

// reap collects one child and reports whether there may be more.
func (r *reaper) reap() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
	if errors.Is(err, syscall.EINTR) {
		return true
	}
	if err != nil || pid <= 0 {
		return false
	}
	if ended := r.ended[pid]; ended != nil {
		delete(r.ended, pid)
		r.ending.Go(func() { ended(status) })
	}
	return true
}
