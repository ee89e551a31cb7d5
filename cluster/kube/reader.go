package kube

import (
	"cmp"
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"gondor/app"
)

// reader copies what the process of one pod writes. While a container runs it is followed;
// when it has ended, what is left is read once more from where that came to:
//
//	waiting ──runs──▶ following ──ended──▶ finishing ──read──▶ waiting
//	   └──the pod is gone, or ended for good──▶ done
type reader struct {
	follower *follower
	name     app.LogName
	replica  string // the ID of the process: that of the one-off, else the pod's name
	before   bool   // the pod was there before us

	mu      sync.Mutex
	pod     *corev1.Pod // as it was last seen
	gone    bool
	over    bool            // nothing will be read any more
	read    map[string]bool // containers that have ended and were read to the end
	changed chan struct{}   // closed at the next change of all that

	place  place // where it is in the log; the run's own, but written under the lock
	copied bool  // the output of a container was opened; the run's own
	words  words
}

func newReader(f *follower, pod *corev1.Pod, before bool) *reader {
	return &reader{
		follower: f, name: app.LogName(pod.Annotations[annotationLog]), before: before,
		replica: cmp.Or(pod.Annotations[annotationProcess], pod.Name),
		pod:     pod, read: map[string]bool{}, changed: make(chan struct{}),
	}
}

func (r *reader) see(pod *corev1.Pod) {
	r.change(func() { r.pod = pod })
}

func (r *reader) miss(last *corev1.Pod) {
	r.change(func() { r.pod, r.gone = last, true })
	r.mu.Lock()
	over := r.over
	r.mu.Unlock()
	if over {
		r.follower.forget(last.UID)
	}
}

// change does something to what is known and wakes who waits for that.
func (r *reader) change(fn func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn()
	close(r.changed)
	r.changed = make(chan struct{})
}

// hasRead reports whether the containers were read to the end, and when to ask again.
func (r *reader) hasRead(containers []string) (bool, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := true
	for _, id := range containers {
		all = all && r.read[id]
	}
	return all || r.over, r.changed
}

// run reads until the pod has gone or ended for good, or ctx ends.
func (r *reader) run(ctx context.Context) {
	defer r.end()
	if err := r.find(ctx); err != nil {
		return // ctx has ended
	}
	r.catchUp(ctx)
	for ctx.Err() == nil {
		s, changed := r.due()
		switch {
		case s.over:
			return
		case s.container == "":
			select {
			case <-ctx.Done():
			case <-changed:
			}
		case s.ended:
			r.finish(ctx, s)
		default:
			r.follow(ctx, s)
		}
	}
}

// end says that nothing more is read. What is known stays while the pod does.
func (r *reader) end() {
	r.change(func() { r.over = true })
	r.mu.Lock()
	gone, uid := r.gone, r.pod.UID
	r.mu.Unlock()
	if gone {
		r.follower.forget(uid)
	}
}

// find learns where to go on, from what the store has of the process.
func (r *reader) find(ctx context.Context) error {
	if !r.before {
		return nil
	}
	for pause := time.Second; ; pause = min(2*pause, mostPause) {
		place, err := r.follower.positions.of(ctx, r.name, r.replica)
		if err == nil {
			r.mu.Lock()
			r.place = place
			r.mu.Unlock()
			return nil
		}
		r.complain("can't find where a log ends", err)
		if !sleep(ctx, pause) {
			return ctx.Err()
		}
	}
}

// source is what is to be read next.
type source struct {
	container string // its ID; empty: nothing for now
	previous  bool   // it is not the pod's present container
	ended     bool   // it writes nothing more
	over      bool   // there is nothing to read any more
}

// due says what is to be read next, and when that may change.
func (r *reader) due() (source, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := dueOf(r.pod, r.read)
	if r.gone && !s.ended || r.pod.Annotations[annotationLog] == "" {
		s = source{over: true}
	}
	return s, r.changed
}

// dueOf says what of a pod is to be read next: first what has ended.
func dueOf(pod *corev1.Pod, read map[string]bool) source {
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name != processContainer {
			continue
		}
		if last := c.LastTerminationState.Terminated; last != nil && last.ContainerID != "" && !read[last.ContainerID] {
			return source{container: last.ContainerID, previous: true, ended: true}
		}
		if now := c.State.Terminated; now != nil && now.ContainerID != "" && !read[now.ContainerID] {
			return source{container: now.ContainerID, ended: true}
		}
		if c.State.Running != nil && c.ContainerID != "" && !read[c.ContainerID] {
			return source{container: c.ContainerID}
		}
	}
	return source{over: pod.Spec.RestartPolicy == corev1.RestartPolicyNever && hasEnded(pod)}
}

func (r *reader) complain(what string, err error) {
	r.follower.log.Warn(what, "log", r.name, "process", r.replica, "error", err)
}
