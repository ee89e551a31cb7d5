package routes

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/tools/cache"

	"gondor/app"
)

// follower is one call of Routes. The informers note which Services changed; one
// goroutine looks at those and tells.
type follower struct {
	namespace string
	fn        func(app.RouteChange)

	services, slices, namespaces cache.SharedIndexInformer

	changed  *changed
	table    *table
	objector *objector
}

func (f *follower) noteService(object any) {
	if s, ok := object.(*corev1.Service); ok {
		f.changed.add(s.Namespace + "/" + s.Name)
	}
}

func (f *follower) noteSlice(object any) {
	if s, ok := object.(*discoveryv1.EndpointSlice); ok {
		f.changed.add(s.Namespace + "/" + s.Labels[discoveryv1.LabelServiceName])
		if front := s.Labels[LabelBeside]; front != "" {
			f.changed.add(s.Namespace + "/" + front)
		}
	}
}

// noteNamespace makes all Services of a namespace that became, or was, an instance of a
// Gondor be looked at.
func (f *follower) noteNamespace(object any) {
	namespace, ok := object.(*corev1.Namespace)
	if !ok {
		return
	}
	services, err := f.services.GetIndexer().ByIndex(cache.NamespaceIndex, namespace.Name)
	if err != nil {
		return // there is no such index only before anything is known
	}
	for _, one := range services {
		f.noteService(one)
	}
}

// run tells everything once all is known, then every change, until ctx ends.
func (f *follower) run(ctx context.Context) error {
	if !cache.WaitForCacheSync(ctx.Done(), f.services.HasSynced, f.slices.HasSynced, f.namespaces.HasSynced) {
		return ctx.Err()
	}
	for _, name := range f.services.GetIndexer().ListKeys() {
		f.changed.add(name)
	}
	f.look()
	f.fn(app.RouteChange{Synced: true})
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.changed.wake:
			f.look()
		}
	}
}

// look takes in all Services that changed, and then tells of their hosts, so that a host
// that passes from one to another is never without a route.
func (f *follower) look() {
	names := f.changed.take()
	var hosts []string
	for _, name := range names {
		hosts = append(hosts, f.table.put(name, f.claimOf(name))...)
	}
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	for _, host := range hosts {
		if change, news := f.table.change(host); news {
			f.fn(change)
		}
	}
	f.object(names, hosts)
}

// object tells what is wrong to the Services that changed and to those that want the same
// hosts.
func (f *follower) object(names, hosts []string) {
	for _, host := range hosts {
		for _, c := range f.table.hosts[host] {
			names = append(names, c.name())
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		f.objector.tell(name, f.table.objections(name))
	}
}

// claimOf is what the Service claims now; nil when there is none or it is no route.
func (f *follower) claimOf(name string) *claim {
	object, exists, err := f.services.GetIndexer().GetByKey(name)
	if err != nil || !exists {
		return nil
	}
	service, ok := object.(*corev1.Service)
	if !ok {
		return nil
	}
	installation := f.installation(service.Namespace)
	if installation != "" && installation != f.namespace {
		return nil // another Gondor's, whose routers serve it
	}
	c := newClaim(service, installation != "")
	if c == nil {
		return nil
	}
	var beside []*discoveryv1.EndpointSlice
	if c.own { // what others put beside their Services is not asked
		beside = f.slicesBy(besideIndex, name)
	}
	if again := c.fill(f.slicesBy(serviceIndex, name), beside, f.table.claims[name], time.Now()); again > 0 {
		time.AfterFunc(again, func() { f.changed.add(name) })
	}
	return c
}

// installation is the namespace of the Gondor that a namespace belongs to, "" for those of
// nobody's.
func (f *follower) installation(namespace string) string {
	if namespace == f.namespace {
		return f.namespace
	}
	object, _, _ := f.namespaces.GetIndexer().GetByKey(namespace) // nil when there is none
	if one, ok := object.(*corev1.Namespace); ok {
		return one.Labels[LabelInstallation]
	}
	return ""
}

func (f *follower) slicesBy(index, name string) []*discoveryv1.EndpointSlice {
	objects, err := f.slices.GetIndexer().ByIndex(index, name)
	if err != nil {
		return nil // the index is always there
	}
	list := make([]*discoveryv1.EndpointSlice, 0, len(objects))
	for _, object := range objects {
		if slice, ok := object.(*discoveryv1.EndpointSlice); ok {
			list = append(list, slice)
		}
	}
	return list
}
