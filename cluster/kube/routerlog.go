package kube

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"gondor/app"
)

// RouterLog says what becomes of the lines that the routers of the cluster write.
type RouterLog struct {
	// Read tells whose instance's a line is, and how its log has it; false: nobody's.
	Read func(line string) (app.ID[app.Instance], string, bool)
	// Take writes lines into the log of an instance.
	Take func(ctx context.Context, instance app.ID[app.Instance], lines []app.LogLine) error
}

// FollowRouters brings what the routers of the cluster write to the logs of instances, until
// ctx ends. Nodes keep it for a while, so that it goes on after a restart where it was: what
// the logs have of each router says where.
func (e *Engine) FollowRouters(ctx context.Context, l RouterLog) error {
	known, err := e.readPlaces(ctx)
	if err != nil {
		return err
	}
	f := &routerFollower{engine: e, log: l, places: known, readers: map[types.UID]context.CancelFunc{}}
	routers := informers.NewSharedInformerFactoryWithOptions(e.client, 0,
		informers.WithNamespace(e.options.Namespace), informers.WithTransform(trim),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = labelName + "=router" }))
	_, err = routers.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(now any) { f.see(ctx, now) },
		UpdateFunc: func(_, now any) { f.see(ctx, now) },
		DeleteFunc: f.miss,
	})
	if err != nil {
		return fmt.Errorf("listen to the routers: %w", err)
	}
	routers.Start(ctx.Done())
	<-ctx.Done()
	routers.Shutdown()
	f.running.Wait()
	return ctx.Err()
}

// routerFollower has a reader for each router.
type routerFollower struct {
	engine  *Engine
	log     RouterLog
	places  *routerPlaces
	running sync.WaitGroup

	mu      sync.Mutex
	readers map[types.UID]context.CancelFunc
}

// see begins to read what a router writes, once its container has begun.
func (f *routerFollower) see(ctx context.Context, object any) {
	pod, ok := object.(*corev1.Pod)
	if !ok || pod.Status.Phase == corev1.PodPending || ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.readers[pod.UID] != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	f.readers[pod.UID] = cancel
	r := &routerReader{follower: f, namespace: pod.Namespace, pod: pod.Name, after: f.places.begin(pod.Name)}
	f.running.Go(func() { r.run(ctx) })
}

// lastWords is how long a router that has gone may take to say what it had still to say.
const lastWords = 10 * time.Second

// miss ends the reader of a router that has gone.
func (f *routerFollower) miss(object any) {
	if stone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = stone.Obj
	}
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if end := f.readers[pod.UID]; end != nil {
		time.AfterFunc(lastWords, end)
		delete(f.readers, pod.UID)
	}
}

// routerPlaces are the times of the last line of each router in the log of each instance. It
// is safe for concurrent use.
type routerPlaces struct {
	mu   sync.Mutex
	last map[string]map[app.ID[app.Instance]]time.Time // by router
}

// lookBack is how many of its last lines a log is asked for: more than all routers can have
// written and not noted.
const lookBack = 2000

// readPlaces looks where an earlier Gondor came to.
func (e *Engine) readPlaces(ctx context.Context) (*routerPlaces, error) {
	p := &routerPlaces{last: map[string]map[app.ID[app.Instance]]time.Time{}}
	logs, err := e.options.Logs.Use()
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	for name := range logs {
		instance, access := strings.CutPrefix(strings.TrimSuffix(string(name), "/access"), "instance/")
		if !access || app.AccessLog(app.ID[app.Instance](instance)) != name {
			continue
		}
		for line, err := range e.options.Logs.Lines(ctx, app.LogQuery{Log: name, Last: lookBack}) {
			if err != nil {
				return nil, fmt.Errorf("read what routers wrote before: %w", err)
			}
			p.note(line.Replica, app.ID[app.Instance](instance), line.Time)
		}
	}
	return p, nil
}

// has reports whether the log of an instance has a line of a router already.
func (p *routerPlaces) has(router string, instance app.ID[app.Instance], at time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !at.After(p.last[router][instance])
}

// note says that the log of an instance has the lines of a router up to a time.
func (p *routerPlaces) note(router string, instance app.ID[app.Instance], at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last[router] == nil {
		p.last[router] = map[app.ID[app.Instance]]time.Time{}
	}
	p.last[router][instance] = at
}

// slack is how much earlier than the last line of one instance that of another may not have
// been written yet.
const slack = 10 * time.Second

// begin is from when on what a router wrote may be new; zero: all of it.
func (p *routerPlaces) begin(router string) (at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, last := range p.last[router] {
		if last.After(at) {
			at = last
		}
	}
	if !at.IsZero() {
		at = at.Add(-slack)
	}
	return at
}

// forget lets go of a router that has gone.
func (p *routerPlaces) forget(router string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.last, router)
}
