package kube

import (
	"context"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"gondor/app"
	"gondor/cluster/kube/agent"
)

// agents are those of the nodes: they have what the kubelets have no more. It is safe for
// concurrent use.
type agents struct {
	ask       *agent.Client
	informers informers.SharedInformerFactory // of the agents' pods alone
	pods      corelisters.PodLister
	known     func() bool // reports whether all of them were listed
}

// newAgents returns nil when there are none.
func newAgents(client kubernetes.Interface, o Agents) *agents {
	if o.Namespace == "" {
		return nil
	}
	theirs := informers.WithTweakListOptions(func(l *metav1.ListOptions) { l.LabelSelector = labelName + "=agent" })
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, theirs,
		informers.WithNamespace(o.Namespace), informers.WithTransform(trim))
	pods := factory.Core().V1().Pods()
	return &agents{
		ask: agent.NewClient(o.Key, o.Dial), informers: factory,
		pods: pods.Lister(), known: pods.Informer().HasSynced,
	}
}

// find learns where the agents are until ctx ends, and returns when it knows of all.
func (a *agents) find(ctx context.Context) error {
	a.informers.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), a.known) {
		return ctx.Err()
	}
	return nil
}

// list returns their addresses by node, empty for one that is not ready.
func (a *agents) list() (map[string]string, error) {
	pods, err := a.pods.List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("find the agents of the nodes: %w", err)
	}
	at := map[string]string{}
	for _, pod := range pods {
		if at[pod.Spec.NodeName] == "" { // else it is one that ends beside one that serves
			at[pod.Spec.NodeName] = agentAddress(pod)
		}
	}
	return at, nil
}

func agentAddress(pod *corev1.Pod) string {
	if !isReady(pod) || pod.DeletionTimestamp != nil {
		return ""
	}
	return pod.Status.PodIP
}

// of returns the address of the agent of a node, once all are known. found says that there
// is one; its address is empty while it is not ready.
func (a *agents) of(ctx context.Context, node string) (address string, found bool, err error) {
	if !cache.WaitForCacheSync(ctx.Done(), a.known) {
		return "", false, ctx.Err()
	}
	at, err := a.list()
	address, found = at[node]
	return address, found, err
}

// lines gives out what the agent of a node keeps of a pod, behind a time. Nothing where
// there is no agent.
func (a *agents) lines(ctx context.Context, node, uid string, after time.Time) (io.ReadCloser, error) {
	address, found, err := a.of(ctx, node)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return io.NopCloser(eof{}), nil
	case address == "":
		return nil, app.Fault(app.CodeUnavailable, "the agent of the node %s is not ready", node)
	}
	return a.ask.Lines(ctx, address, uid, after)
}

// eof is a reader of nothing.
type eof struct{}

// Read implements io.Reader.
func (eof) Read([]byte) (int, error) { return 0, io.EOF }
