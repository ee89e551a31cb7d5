package routes

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"golang.org/x/sync/errgroup"

	"gondor/app"
)

// LabelInstallation is on the namespaces of Gondor's instances. Its value is the namespace
// that Gondor itself lives in.
const LabelInstallation = "gondor.io/installation"

// Options say which cluster's routes are read.
type Options struct {
	Client kubernetes.Interface
	// Namespace is where Gondor itself lives, default "gondor". What is in it, or in a
	// namespace with its name as LabelInstallation, is Gondor's own.
	Namespace string
	Logger    *slog.Logger // nil: slog.Default
}

// Reader is the app.RouteSource of a cluster. It is safe for concurrent use.
type Reader struct {
	client    kubernetes.Interface
	namespace string
	log       *slog.Logger
}

var _ app.RouteSource = (*Reader)(nil)

// New makes a reader, which asks nothing of the cluster before Routes.
func New(o Options) *Reader {
	return &Reader{client: o.Client, namespace: cmp.Or(o.Namespace, "gondor"), log: cmp.Or(o.Logger, slog.Default())}
}

// Routes implements app.RouteSource. While the API server does not answer, what it told
// last stays in force, and Routes waits for it without an error. Of Services whose
// annotation is wrong, or whose host another has, it makes an Event each.
func (r *Reader) Routes(ctx context.Context, fn func(app.RouteChange)) error {
	f, err := r.newFollower(fn)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, informer := range []cache.SharedIndexInformer{f.services, f.slices, f.namespaces} {
		group.Go(func() error { informer.RunWithContext(ctx); return ctx.Err() })
	}
	group.Go(func() error { return f.objector.run(ctx) })
	group.Go(func() error { return f.run(ctx) })
	return group.Wait()
}

func (r *Reader) newFollower(fn func(app.RouteChange)) (*follower, error) {
	f := &follower{
		namespace: r.namespace, fn: fn,
		table: newTable(), changed: newChanged(), objector: newObjector(r.client, r.log),
	}
	o := &outage{log: r.log}
	byNamespace := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	byService := cache.Indexers{serviceIndex: serviceOf}
	own := LabelInstallation + "=" + r.namespace
	services, slices, namespaces := r.client.CoreV1().Services(""), r.client.DiscoveryV1().EndpointSlices(""), r.client.CoreV1().Namespaces()
	var err error
	if f.services, err = newInformer(patient(o, "", services.List, services.Watch), &corev1.Service{}, byNamespace); err != nil {
		return nil, err
	}
	if f.slices, err = newInformer(patient(o, "", slices.List, slices.Watch), &discoveryv1.EndpointSlice{}, byService); err != nil {
		return nil, err
	}
	if f.namespaces, err = newInformer(patient(o, own, namespaces.List, namespaces.Watch), &corev1.Namespace{}, nil); err != nil {
		return nil, err
	}
	return f, f.listen()
}

// listen makes the informers tell the follower what to look at.
func (f *follower) listen() error {
	for informer, note := range map[cache.SharedIndexInformer]func(any){
		f.services: f.noteService, f.slices: f.noteSlice, f.namespaces: f.noteNamespace,
	} {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    note,
			UpdateFunc: func(_, object any) { note(object) },
			DeleteFunc: func(object any) {
				if last, missed := object.(cache.DeletedFinalStateUnknown); missed {
					object = last.Obj
				}
				note(object)
			},
		})
		if err != nil {
			return fmt.Errorf("prepare to follow the routes: %w", err)
		}
	}
	return nil
}
