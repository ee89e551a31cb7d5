package kube

import (
	"context"
	"errors"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	// leastPause and mostPause are between two attempts to read what can't be read.
	leastPause = 250 * time.Millisecond
	mostPause  = 30 * time.Second
	// removedPatience is how long a node goes on giving out what a removed pod wrote last.
	removedPatience = 5 * time.Second
)

// follow copies what a running container writes until it is seen to have ended. A stream
// that ends before, because something between us and the node did, is opened again.
func (r *reader) follow(ctx context.Context, s source) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause := leastPause; ctx.Err() == nil; pause = min(2*pause, mostPause) {
			moved, err := r.copy(ctx, s)
			if err != nil && !errors.Is(err, io.EOF) && !isUnreadable(err) && ctx.Err() == nil {
				r.complain("a log is followed again", err)
			}
			if moved {
				pause = leastPause
			}
			if !r.still(s) || !sleep(ctx, pause) {
				return
			}
		}
	}()
	r.awaitOther(ctx, s)
	if r.removed() { // the node deletes what was written soon: better heard to the end now
		select {
		case <-done:
		case <-ctx.Done():
		case <-time.After(removedPatience):
		}
	}
	cancel()
	<-done
}

// awaitOther waits until the source is not what is to be read any more.
func (r *reader) awaitOther(ctx context.Context, s source) {
	for {
		now, changed := r.due()
		if now != s {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
	}
}

func (r *reader) still(s source) bool {
	now, _ := r.due()
	return now == s
}

// removed reports whether the pod was deleted.
func (r *reader) removed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone || r.pod.DeletionTimestamp != nil
}

// finish reads what is left of a container that has ended.
func (r *reader) finish(ctx context.Context, s source) {
	for pause := leastPause; ; pause = min(2*pause, mostPause) {
		_, err := r.copy(ctx, s)
		if err == nil || isUnreadable(err) {
			break
		}
		if ctx.Err() != nil {
			return
		}
		r.complain("the end of a log is read again", err)
		if r.isGone() || !sleep(ctx, pause) {
			break
		}
	}
	if ctx.Err() == nil {
		r.change(func() { r.read[s.container] = true })
	}
}

func (r *reader) isGone() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}

// isUnreadable reports whether the node has nothing of a container any more.
func isUnreadable(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsBadRequest(err) || errors.Is(err, errNoLog)
}

// sleep reports whether the time has passed before ctx ended.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
