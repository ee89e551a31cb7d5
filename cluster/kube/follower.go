package kube

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// follower copies what processes write from the cluster into the store of logs: a reader
// for every pod that has a log. It is safe for concurrent use.
//
// What the store has of a process says where to go on after a restart of Gondor. Nodes
// keep the output of the present container of a pod and of the one before, up to the size
// at which they rotate it. So this is lost without agents: of what was written while Gondor
// was down, all but the last two lives of a container that was restarted again and again,
// what a node rotated away, and what was in a pod that was removed. Agents keep all of that,
// within their budget; what was on a node that was lost is lost with them too.
type follower struct {
	client   kubernetes.Interface
	informer cache.SharedIndexInformer // of all pods
	store    LogStore
	log      *slog.Logger
	// changed is called when what told returns of a pod has changed; nil: nobody listens.
	changed   func(namespace, pod string)
	positions *positions
	agents    *agents // nil: nodes have none

	mu      sync.Mutex
	readers map[types.UID]*reader
	left    map[types.UID]left // of pods that have gone, until no agent has anything of them
	begun   chan struct{}      // closed when a reader was added; then there is another
}

func newFollower(client kubernetes.Interface, informer cache.SharedIndexInformer, store LogStore, log *slog.Logger) *follower {
	return &follower{
		client: client, informer: informer, store: store, log: log,
		positions: newPositions(store), readers: map[types.UID]*reader{}, begun: make(chan struct{}),
		left: map[types.UID]left{},
	}
}

// run follows all pods until ctx ends.
func (f *follower) run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	handler, err := f.informer.AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{
		AddFunc:    func(now any, initial bool) { f.see(ctx, &running, now, initial) },
		UpdateFunc: func(_, now any) { f.see(ctx, &running, now, false) },
		DeleteFunc: func(last any) { f.miss(last) },
	})
	if err != nil {
		return fmt.Errorf("listen to the pods: %w", err)
	}
	<-ctx.Done()
	if err := f.informer.RemoveEventHandler(handler); err != nil {
		return fmt.Errorf("listen to the pods no more: %w", err)
	}
	return ctx.Err()
}

// see gives news of a pod to its reader. before says that it was there before us.
func (f *follower) see(ctx context.Context, running *sync.WaitGroup, object any, before bool) {
	pod, ok := object.(*corev1.Pod)
	if !ok || pod.Annotations[annotationLog] == "" && f.reader(pod.UID) == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.readers[pod.UID]; r != nil {
		r.see(pod)
		return
	}
	if ctx.Err() != nil {
		return
	}
	r := newReader(f, pod, before)
	f.readers[pod.UID] = r
	close(f.begun)
	f.begun = make(chan struct{})
	running.Go(func() { r.run(ctx) })
}

// miss tells the reader of a pod that it has gone, and forgets it when it has come to the end.
func (f *follower) miss(object any) {
	if stone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = stone.Obj
	}
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	if r := f.reader(pod.UID); r != nil {
		r.miss(pod)
	}
}

// left is where the reader of a pod that has gone was.
type left struct {
	node  string
	place place
}

// forget drops a reader that has nothing to do any more.
func (f *follower) forget(uid types.UID) {
	if r := f.reader(uid); r != nil && f.agents != nil {
		f.leave(r)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.readers, uid)
}

func (f *follower) reader(uid types.UID) *reader {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readers[uid]
}

// told is what the process of a pod last said.
type told struct {
	Health string   // what its last health check complained of, for people; empty when it passed
	Output []string // its last lines
}

// told returns what the process of a pod last said; nothing when that is not known.
func (f *follower) told(pod types.UID) told {
	if r := f.reader(pod); r != nil {
		return r.told()
	}
	return told{}
}

// readPatience is how long the last lines of a pod are waited for: its node may be lost,
// and with it they are.
const readPatience = 10 * time.Second

// read waits until all that the ended containers of the pod wrote is in the store. The pod
// is as its status said when they had ended.
func (f *follower) read(ctx context.Context, pod *corev1.Pod) error {
	if pod.Annotations[annotationLog] == "" {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	if err := f.awaitRead(limited, pod); err != nil && ctx.Err() == nil {
		f.log.Warn("the last lines of a process can't be read yet", "namespace", pod.Namespace, "pod", pod.Name)
	}
	return ctx.Err()
}

func (f *follower) awaitRead(ctx context.Context, pod *corev1.Pod) error {
	r, err := f.awaitReader(ctx, pod.UID)
	if err != nil || r == nil {
		return err
	}
	for {
		read, changed := r.hasRead(endedContainers(pod))
		if read {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// awaitReader waits for the reader of a pod to be there, nil when the pod has gone.
func (f *follower) awaitReader(ctx context.Context, uid types.UID) (*reader, error) {
	for {
		f.mu.Lock()
		r, begun := f.readers[uid], f.begun
		f.mu.Unlock()
		if r != nil {
			return r, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-begun:
		}
	}
}

// endedContainers lists the containers of the process that have ended, the last one last.
func endedContainers(pod *corev1.Pod) []string {
	var all []string
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name != processContainer {
			continue
		}
		for _, state := range []corev1.ContainerState{c.LastTerminationState, c.State} {
			if state.Terminated != nil && state.Terminated.ContainerID != "" {
				all = append(all, state.Terminated.ContainerID)
			}
		}
	}
	return all
}
