package routes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"golang.org/x/sync/errgroup"

	"gondor/app"
)

// LabelInstallation is on the namespaces of Gondor's instances. Its value is the namespace
// that Gondor itself lives in.
const LabelInstallation = "gondor.io/installation"

// LabelBeside is on a Service of Gondor's, and so on its EndpointSlices, that selects the
// replicas of all releases. Its value is the name of the Service that selects those which
// serve.
const LabelBeside = "gondor.io/beside"

// Options say which cluster's routes are read.
type Options struct {
	Client kubernetes.Interface
	// Namespace is where Gondor itself lives, default "gondor". What is in it, or in a
	// namespace with its name as LabelInstallation, is Gondor's own. What is in one with
	// another name is not routed: another Gondor does that.
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
	group, ctx := errgroup.WithContext(klog.NewContext(ctx, klog.Logger{})) // outage tells what operators should know
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
	if err := r.watch(f); err != nil {
		return nil, fmt.Errorf("prepare to follow the routes: %w", err)
	}
	return f, nil
}

// watch makes the informers of a follower, which do nothing yet.
func (r *Reader) watch(f *follower) error {
	services, slices, namespaces := r.client.CoreV1().Services(""), r.client.DiscoveryV1().EndpointSlices(""), r.client.CoreV1().Namespaces()
	o := &outage{log: r.log}
	f.services = newInformer(patient(o, "", services.List, services.Watch), &corev1.Service{},
		cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	f.slices = newInformer(patient(o, "", slices.List, slices.Watch), &discoveryv1.EndpointSlice{},
		cache.Indexers{serviceIndex: serviceOf, besideIndex: besideOf})
	f.namespaces = newInformer(patient(o, LabelInstallation, namespaces.List, namespaces.Watch), &corev1.Namespace{}, nil)
	return errors.Join(
		listen(f.services, f.noteService),
		listen(f.slices, f.noteSlice),
		listen(f.namespaces, f.noteNamespace),
	)
}

// listen makes an informer keep trimmed objects and note each that comes, changes or
// goes.
func listen(informer cache.SharedIndexInformer, note func(any)) error {
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
	return errors.Join(err, informer.SetTransform(trimmed))
}
