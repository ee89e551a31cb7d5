package kube

import (
	"context"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"

	"gondor/app"
	"gondor/cluster/observers"
)

// workloads is what is known of all workloads. It is safe for concurrent use.
type workloads struct {
	observers *observers.Observers
	// due are the Deployments to look at, as NAMESPACE/NAME, each once however often it,
	// or one of its pods, changed.
	due   workqueue.TypedInterface[string]
	ready chan struct{} // closed when everything there was has been looked at

	mu        sync.Mutex
	told      map[string]toldOnce      // what was last told, by Deployment
	confirmed map[app.WorkloadRef]bool // those that Apply knows to be in order
	leaving   map[string]bool          // removals under way, by Deployment
	pods      map[types.UID]*memory
}

// toldOnce is an observation that everybody has been told, with its version.
type toldOnce struct {
	app.Observation
	version uint64
}

func newWorkloads() *workloads {
	return &workloads{
		observers: observers.New(), due: workqueue.NewTyped[string](), ready: make(chan struct{}),
		told: map[string]toldOnce{}, confirmed: map[app.WorkloadRef]bool{}, leaving: map[string]bool{},
		pods: map[types.UID]*memory{},
	}
}

func (w *workloads) isConfirmed(ref app.WorkloadRef) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.confirmed[ref]
}

func (w *workloads) setConfirmed(ref app.WorkloadRef) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.confirmed[ref] = true
}

// Observe implements app.Workloads.
func (e *Engine) Observe(ctx context.Context, fn func(app.Observation)) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-e.workloads.ready:
		return e.workloads.observers.Observe(ctx, fn)
	}
}

// listen has every change of Deployments and their pods looked at.
func (e *Engine) listen(ctx context.Context) error {
	deployments, pods := e.informers.Apps().V1().Deployments().Informer(), e.informers.Core().V1().Pods().Informer()
	if _, err := deployments.AddEventHandler(everyChange(func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil { // else it is no object
			e.workloads.due.Add(key)
		}
	})); err != nil {
		return fmt.Errorf("listen to Deployments: %w", err)
	}
	if _, err := pods.AddEventHandler(everyChange(func(object any) { e.podChanged(ctx, object) })); err != nil {
		return fmt.Errorf("listen to pods: %w", err)
	}
	namespaces := e.informers.Core().V1().Namespaces().Informer()
	if _, err := namespaces.AddEventHandler(cache.ResourceEventHandlerFuncs{DeleteFunc: e.spaces.gone}); err != nil {
		return fmt.Errorf("listen to namespaces: %w", err)
	}
	e.logs.changed = func(namespace, name string) {
		if pod, err := e.informers.Core().V1().Pods().Lister().Pods(namespace).Get(name); err == nil {
			e.podChanged(ctx, pod)
		}
	}
	return nil
}

// everyChange calls fn with every object that comes, changes or goes.
func everyChange(fn func(object any)) cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{AddFunc: fn, UpdateFunc: func(_, now any) { fn(now) }, DeleteFunc: fn}
}

func (e *Engine) podChanged(ctx context.Context, object any) {
	if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = last.Obj
	}
	if pod, ok := object.(*corev1.Pod); ok && pod.Labels[labelWorkload] != "" {
		e.remember(ctx, pod)
		e.workloads.due.Add(deploymentOf(pod))
	}
}

// deploymentOf names the Deployment of a pod.
func deploymentOf(pod *corev1.Pod) string { return pod.Namespace + "/" + pod.Labels[labelWorkload] }

// look tells of every change until ctx ends. One after the other, so that nobody is told
// what is older than what was told before.
func (e *Engine) look(ctx context.Context) error {
	deployments, pods := e.informers.Apps().V1().Deployments(), e.informers.Core().V1().Pods()
	if !cache.WaitForCacheSync(ctx.Done(), deployments.Informer().HasSynced, pods.Informer().HasSynced) {
		return ctx.Err()
	}
	for _, object := range deployments.Informer().GetStore().List() {
		if d, ok := object.(*appsv1.Deployment); ok {
			e.lookAt(ctx, d.Namespace+"/"+d.Name)
		}
	}
	close(e.workloads.ready)
	defer context.AfterFunc(ctx, e.workloads.due.ShutDown)()
	for {
		key, ended := e.workloads.due.Get()
		if ended {
			return ctx.Err()
		}
		e.lookAt(ctx, key)
		e.workloads.due.Done(key)
	}
}
