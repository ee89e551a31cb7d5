package kube

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"gondor/app"
)

// byProcess is the index of pods by the label of their one-off.
const byProcess = "process"

// oneOffs knows the pods of one-offs, from the informer of all pods, and wakes who waits
// for a change of one. It is safe for concurrent use.
type oneOffs struct {
	client       kubernetes.Interface
	installation string
	informer     cache.SharedIndexInformer

	mu      sync.Mutex
	waiting map[string]map[*waiter]bool // by the label
	exits   map[app.ProcessID]app.Exit  // that were told to who was attached
}

// waiter waits for a pod that fulfils a condition. It is told nil when the pod has gone.
type waiter struct {
	condition func(*corev1.Pod) bool
	result    chan *corev1.Pod
}

func newOneOffs(client kubernetes.Interface, installation string, informer cache.SharedIndexInformer) (*oneOffs, error) {
	o := &oneOffs{
		client: client, installation: installation, informer: informer,
		waiting: map[string]map[*waiter]bool{}, exits: map[app.ProcessID]app.Exit{},
	}
	if err := informer.AddIndexers(cache.Indexers{byProcess: indexProcess}); err != nil {
		return nil, fmt.Errorf("index the pods: %w", err)
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(now any) { o.tell(now, false) },
		UpdateFunc: func(_, now any) { o.tell(now, false) },
		DeleteFunc: func(last any) { o.tell(last, true) },
	})
	if err != nil {
		return nil, fmt.Errorf("listen to the pods: %w", err)
	}
	return o, nil
}

func indexProcess(object any) ([]string, error) {
	if pod, ok := object.(*corev1.Pod); ok && pod.Labels[labelProcess] != "" {
		return []string{pod.Labels[labelProcess]}, nil
	}
	return nil, nil
}

// tell wakes those whose condition came true, and all when the pod has gone.
func (o *oneOffs) tell(object any, gone bool) {
	if stone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = stone.Obj
	}
	pod, ok := object.(*corev1.Pod)
	if !ok || pod.Labels[labelProcess] == "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for w := range o.waiting[pod.Labels[labelProcess]] {
		switch {
		case w.condition(pod):
			w.send(pod)
		case gone:
			w.send(nil)
		}
	}
}

// send never blocks: the first word counts.
func (w *waiter) send(pod *corev1.Pod) {
	select {
	case w.result <- pod:
	default:
	}
}

// await waits until the pod of the process fulfils the condition, and returns it as it was
// then. CodeNotFound when there is no such process, or no more.
func (o *oneOffs) await(ctx context.Context, id app.ProcessID, condition func(*corev1.Pod) bool) (*corev1.Pod, error) {
	w := &waiter{condition: condition, result: make(chan *corev1.Pod, 1)}
	defer o.join(label(string(id)), w)()
	pod, err := o.find(ctx, id)
	if err != nil || condition(pod) {
		return pod, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case pod := <-w.result:
		if pod == nil {
			return nil, app.NotFound("process")
		}
		return pod, nil
	}
}

// join makes the waiter hear of the process; leave ends that.
func (o *oneOffs) join(process string, w *waiter) (leave func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiting[process] == nil {
		o.waiting[process] = map[*waiter]bool{}
	}
	o.waiting[process][w] = true
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.waiting[process], w)
		if len(o.waiting[process]) == 0 {
			delete(o.waiting, process)
		}
	}
}

// find returns the pod of the process. CodeNotFound when there is none.
func (o *oneOffs) find(ctx context.Context, id app.ProcessID) (*corev1.Pod, error) {
	process := label(string(id))
	known, err := o.informer.GetIndexer().ByIndex(byProcess, process)
	if err != nil {
		return nil, fmt.Errorf("find a process: %w", err)
	}
	for _, object := range known {
		if pod, ok := object.(*corev1.Pod); ok && !isForgotten(pod) {
			return pod, nil
		}
	}
	return o.ask(ctx, process) // the informer may be behind
}

// kept lists the one-offs of the instances that were not forgotten.
func (o *oneOffs) kept() []app.ProcessID {
	var ids []app.ProcessID
	for _, object := range o.informer.GetStore().List() {
		pod, ok := object.(*corev1.Pod)
		if ok && pod.Labels[labelInstallation] == o.installation && pod.Labels[labelInstance] != "" &&
			pod.Annotations[annotationProcess] != "" && !isForgotten(pod) {
			ids = append(ids, app.ProcessID(pod.Annotations[annotationProcess]))
		}
	}
	return ids
}

// ask looks for the pod in the cluster.
func (o *oneOffs) ask(ctx context.Context, process string) (*corev1.Pod, error) {
	list, err := o.client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{
		LabelSelector: labelInstallation + "=" + o.installation + "," + labelProcess + "=" + process,
	})
	if err != nil {
		return nil, fmt.Errorf("find a process: %w", err)
	}
	for i := range list.Items {
		if pod := &list.Items[i]; !isForgotten(pod) {
			return pod, nil
		}
	}
	return nil, app.NotFound("process")
}

// exit returns the end that was told to who was attached.
func (o *oneOffs) exit(id app.ProcessID) (app.Exit, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	exit, ok := o.exits[id]
	return exit, ok
}

// note keeps the end that was told to who was attached: it is known sooner than the cluster
// tells it.
func (o *oneOffs) note(id app.ProcessID, exit app.Exit) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.exits[id] = exit
}

// forget drops what is known of an ended process beside its pod.
func (o *oneOffs) forget(id app.ProcessID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.exits, id)
}

// awaitGone waits until a pod that is about to go has gone.
func (o *oneOffs) awaitGone(ctx context.Context, pod *corev1.Pod) error {
	w := &waiter{condition: func(now *corev1.Pod) bool { return now.UID != pod.UID }, result: make(chan *corev1.Pod, 1)}
	defer o.join(pod.Labels[labelProcess], w)()
	if _, err := o.client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{}); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.result:
		return nil
	}
}
