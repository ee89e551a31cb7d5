package kube

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// judges is how many pods are looked at at the same time.
const judges = 4

// podQueue holds the pods that have to be looked at, as NAMESPACE/NAME.
type podQueue = workqueue.TypedRateLimitingInterface[string]

// judge looks after the pods of one-offs that will not end by themselves: it gives up
// those that can't start or whose node is lost, forgets runs that nobody asks for, and lets
// those go whose namespace is removed.
func (e *Engine) judge(ctx context.Context) error {
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	handler, err := e.oneOffs.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(now any) { enqueue(queue, now) },
		UpdateFunc: func(_, now any) { enqueue(queue, now) },
	})
	if err != nil {
		return fmt.Errorf("listen to the pods: %w", err)
	}
	defer context.AfterFunc(ctx, queue.ShutDown)()
	var judging sync.WaitGroup
	for range judges {
		judging.Go(func() {
			for e.judgeNext(ctx, queue) {
			}
		})
	}
	judging.Wait()
	if err := e.oneOffs.informer.RemoveEventHandler(handler); err != nil {
		return fmt.Errorf("listen to the pods no more: %w", err)
	}
	return ctx.Err()
}

func enqueue(queue podQueue, object any) {
	if pod, ok := object.(*corev1.Pod); ok && pod.Labels[labelProcess] != "" {
		queue.Add(pod.Namespace + "/" + pod.Name)
	}
}

// judgeNext takes one pod from the queue. It reports false when there is none any more.
func (e *Engine) judgeNext(ctx context.Context, queue podQueue) bool {
	key, shut := queue.Get()
	if shut {
		return false
	}
	defer queue.Done(key)
	object, exists, err := e.oneOffs.informer.GetIndexer().GetByKey(key)
	if pod, ok := object.(*corev1.Pod); err == nil && exists && ok {
		var again time.Duration
		if again, err = e.judgePod(ctx, pod, time.Now()); again > 0 {
			queue.AddAfter(key, again)
		}
	}
	if err != nil && ctx.Err() == nil {
		e.log.Warn("can't look after a process", "pod", key, "error", err)
		queue.AddRateLimited(key)
		return true
	}
	queue.Forget(key)
	return true
}
