package kube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"gondor/app"
	"gondor/cluster/kube/routes"
)

// publishRetry is how long a front rests whose Service could not be written.
const publishRetry = time.Second

// forcePatience is how long a change of the routes is waited for until it is in force
// here. What it replaces goes on answering for longer than that.
const forcePatience = 2 * time.Second

// routed is the source of routes of a cluster: those of the domain are written to Services,
// and read back with those of others.
type routed struct {
	engine *Engine
	domain app.RouteSource
}

// Routed returns where a router learns its routes, when domain tells those of Gondor's own
// instances: the Services of the cluster, into which the engine writes the latter. It is
// called before Run, and Routes of what it returns is called once.
func (e *Engine) Routed(domain app.RouteSource) app.RouteSource {
	e.fronts.expect()
	return routed{e, domain}
}

// Routes implements app.RouteSource.
func (r routed) Routes(ctx context.Context, fn func(app.RouteChange)) error {
	group, ctx := errgroup.WithContext(ctx)
	seen := newSeen()
	group.Go(func() error {
		return r.domain.Routes(ctx, func(change app.RouteChange) {
			r.engine.fronts.take(change)
			seen.await(ctx, change.Route, forcePatience)
		})
	})
	group.Go(func() error { return r.engine.publish(ctx) })
	group.Go(func() error {
		reader := routes.New(routes.Options{Client: r.engine.client, Namespace: r.engine.options.Namespace, Logger: r.engine.log})
		return reader.Routes(ctx, func(change app.RouteChange) {
			fn(change)
			seen.take(change)
		})
	})
	return group.Wait()
}

// publish writes the fronts that are in line, until ctx ends.
func (e *Engine) publish(ctx context.Context) error {
	for {
		id, one, err := e.fronts.next(ctx)
		if err != nil {
			return err
		}
		err = e.writeFront(ctx, id, one)
		if err != nil && ctx.Err() == nil {
			e.log.Error("write the Service of an instance", "instance", id, "error", err)
			sleep(ctx, publishRetry)
		}
		e.fronts.written(id, err == nil)
	}
}

// writeFront makes the Service by which an instance is reached and the one beside it, and
// removes the others of its namespace, such as those of a web service which is no longer its
// front.
func (e *Engine) writeFront(ctx context.Context, id app.ID[app.Instance], one front) error {
	namespace := e.options.namespaceOf(id)
	if len(one.hosts) == 0 {
		return e.removeFronts(ctx, namespace)
	}
	if err := e.ensureInstance(ctx, app.Program{Site: one.route.Site, Instance: id}); err != nil {
		return err
	}
	front, beside := e.options.service(id, one), e.options.serviceBeside(id, one)
	for _, service := range []*corev1.Service{front, beside} { // a switch waits for the first
		if err := e.applyService(ctx, service); err != nil {
			return err
		}
	}
	return e.removeFronts(ctx, namespace, front.Name, beside.Name)
}

func (e *Engine) applyService(ctx context.Context, s *corev1.Service) error {
	if _, err := serverApply(ctx, e.client.CoreV1().Services(s.Namespace), s.Name, s); err != nil {
		return fmt.Errorf("apply the Service %s/%s: %w", s.Namespace, s.Name, err)
	}
	return nil
}

// removeFronts removes the Services of a namespace but these.
func (e *Engine) removeFronts(ctx context.Context, namespace string, but ...string) error {
	ours := metav1.ListOptions{LabelSelector: labelInstallation + "=" + e.options.Namespace}
	list, err := e.client.CoreV1().Services(namespace).List(ctx, ours)
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) && len(but) == 0 {
		return nil // the namespace has gone, and with it our rights in it
	}
	if err != nil {
		return fmt.Errorf("list the Services of %s: %w", namespace, err)
	}
	var failed error
	for _, service := range list.Items {
		if slices.Contains(but, service.Name) {
			continue
		}
		err := e.client.CoreV1().Services(namespace).Delete(ctx, service.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			failed = errors.Join(failed, fmt.Errorf("delete the Service %s/%s: %w", namespace, service.Name, err))
		}
	}
	return failed
}

// switched returns when the Service of a workload's instance is as the domain told it: a
// workload that the domain has taken out of the routes is not selected any more.
func (e *Engine) switched(ctx context.Context, ref app.WorkloadRef) error {
	if err := e.fronts.settled(ctx, ref.Instance); err != nil {
		return fmt.Errorf("wait for the Service of instance %s: %w", ref.Instance, err)
	}
	return nil
}

// service is the Service of a front. Without a workload it selects nothing.
func (o Options) service(id app.ID[app.Instance], one front) *corev1.Service {
	name := label(cmp.Or(one.route.Service, webPort))
	labels := o.instanceLabels(one.route.Site, id)
	labels[labelName] = name
	note := routes.Annotation{
		Config: routes.Config{Notice: one.route.Notice, Instance: id, Service: one.route.Service},
		Hosts:  one.hosts,
	}
	service := &corev1.Service{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: o.namespaceOf(id), Name: name, Labels: labels,
			Annotations: map[string]string{routes.Key: note.String()},
		},
		Spec: corev1.ServiceSpec{
			Type:  corev1.ServiceTypeClusterIP,
			Ports: []corev1.ServicePort{{Name: webPort, Port: 80, TargetPort: intstr.FromString(webPort)}},
		},
	}
	if one.route.Workload != (app.WorkloadRef{}) {
		service.Spec.Selector = workloadSelector(one.route.Workload)
	}
	return service
}

// serviceBeside is the Service of all replicas behind a front, of whatever release. Nobody
// is sent to it; it tells routers who else may have what a page links.
func (o Options) serviceBeside(id app.ID[app.Instance], one front) *corev1.Service {
	service := o.service(id, one)
	service.Labels[routes.LabelBeside] = service.Name
	service.Annotations = nil
	service.Spec.ClusterIP = corev1.ClusterIPNone
	service.Spec.Selector = map[string]string{labelInstance: labelValue(string(id)), labelName: service.Name}
	service.Name = hashed(service.Name + "/beside") // which is the name of no front
	return service
}
