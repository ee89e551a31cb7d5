package routes

import (
	"context"
	"fmt"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// serviceIndex is the name of the index of EndpointSlices by the Service that they belong to.
const serviceIndex = "service"

func serviceOf(object any) ([]string, error) {
	slice, ok := object.(*discoveryv1.EndpointSlice)
	if !ok {
		return nil, fmt.Errorf("a %T is no EndpointSlice", object)
	}
	return []string{slice.Namespace + "/" + slice.Labels[discoveryv1.LabelServiceName]}, nil
}

// besideIndex is the name of the index of EndpointSlices by the Service that they are beside.
const besideIndex = "beside"

func besideOf(object any) ([]string, error) {
	slice, ok := object.(*discoveryv1.EndpointSlice)
	if !ok {
		return nil, fmt.Errorf("a %T is no EndpointSlice", object)
	}
	if front := slice.Labels[LabelBeside]; front != "" {
		return []string{slice.Namespace + "/" + front}, nil
	}
	return nil, nil
}

func newInformer(lw cache.ListerWatcher, example runtime.Object, indexers cache.Indexers) cache.SharedIndexInformer {
	return cache.NewSharedIndexInformerWithOptions(lw, example, cache.SharedIndexInformerOptions{Indexers: indexers})
}

// lister and watcher are the two methods of a client that an informer calls.
type (
	lister[L runtime.Object] func(context.Context, metav1.ListOptions) (L, error)
	watcher                  func(context.Context, metav1.ListOptions) (watch.Interface, error)
)

// patient lists and watches what the selector fits, and goes on trying while the API
// server is away. An informer alone would try less and less often, up to once a minute,
// and routes would be old for so long after the API server has come back.
func patient[L runtime.Object](o *outage, selector string, list lister[L], watching watcher) *cache.ListWatch {
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector = selector
			return insist(ctx, o, func() (L, error) { return list(ctx, options) })
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = selector
			return insist(ctx, o, func() (watch.Interface, error) { return watching(ctx, options) })
		},
	}
}

// retryAfter is the least time between two attempts to reach the API server; a random
// time up to as much is added, so that many routers don't ask at once.
const retryAfter = time.Second

// insist calls the API server until it answers the question, or says what only the
// informer can do something about.
func insist[T any](ctx context.Context, o *outage, ask func() (T, error)) (T, error) {
	for {
		answer, err := ask()
		if ctx.Err() != nil || !passes(err) {
			if err == nil {
				o.over()
			}
			return answer, err
		}
		o.note(err)
		select {
		case <-ctx.Done():
			return answer, err
		case <-time.After(wait.Jitter(retryAfter, 1)):
		}
	}
}

// passes reports whether the error may go away by itself: there is no answer at all, or
// one of an API server that starts or is overloaded.
func passes(err error) bool {
	switch reason := apierrors.ReasonForError(err); {
	case err == nil:
		return false
	case reason == metav1.StatusReasonUnknown:
		return true
	default:
		return reason == metav1.StatusReasonForbidden || reason == metav1.StatusReasonUnauthorized ||
			reason == metav1.StatusReasonServiceUnavailable || reason == metav1.StatusReasonTooManyRequests ||
			reason == metav1.StatusReasonInternalError
	}
}
