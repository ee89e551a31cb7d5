package kube

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gondor/app"
	"gondor/cluster/kube/agent"
)

// agents are those of the nodes: they have what the kubelets have no more. It is safe for
// concurrent use.
type agents struct {
	client    kubernetes.Interface
	namespace string
	ask       *agent.Client

	mu     sync.Mutex
	at     map[string]string // their addresses by node, empty for one that is not ready
	listed chan struct{}     // closed once they are known
}

// newAgents returns nil when there are none.
func newAgents(client kubernetes.Interface, o Agents) *agents {
	if o.Namespace == "" {
		return nil
	}
	return &agents{
		client: client, namespace: o.Namespace, ask: agent.NewClient(o.Key, o.Dial),
		at: map[string]string{}, listed: make(chan struct{}),
	}
}

// list learns where the agents are.
func (a *agents) list(ctx context.Context) (map[string]string, error) {
	pods, err := a.client.CoreV1().Pods(a.namespace).List(ctx, metav1.ListOptions{LabelSelector: labelName + "=agent"})
	if err != nil {
		return nil, fmt.Errorf("find the agents of the nodes: %w", err)
	}
	at := map[string]string{}
	for i := range pods.Items {
		pod := &pods.Items[i]
		if at[pod.Spec.NodeName] == "" { // else it is one that ends beside one that serves
			at[pod.Spec.NodeName] = agentAddress(pod)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at = at; !a.known() {
		close(a.listed)
	}
	return at, nil
}

func agentAddress(pod *corev1.Pod) string {
	if !isReady(pod) || pod.DeletionTimestamp != nil {
		return ""
	}
	return pod.Status.PodIP
}

// known reports whether the agents were listed. The caller holds the lock.
func (a *agents) known() bool {
	select {
	case <-a.listed:
		return true
	default:
		return false
	}
}

// of returns the address of the agent of a node, once it is known. found says that there is
// one; its address is empty while it is not ready.
func (a *agents) of(ctx context.Context, node string) (address string, found bool) {
	select {
	case <-ctx.Done():
		return "", false
	case <-a.listed:
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	address, found = a.at[node]
	return address, found
}

// lines gives out what the agent of a node keeps of a pod, behind a time. Nothing where
// there is no agent.
func (a *agents) lines(ctx context.Context, node, uid string, after time.Time) (io.ReadCloser, error) {
	address, found := a.of(ctx, node)
	switch {
	case !found:
		return io.NopCloser(eof{}), ctx.Err()
	case address == "":
		return nil, app.Fault(app.CodeUnavailable, "the agent of the node %s is not ready", node)
	}
	return a.ask.Lines(ctx, address, uid, after)
}

// eof is a reader of nothing.
type eof struct{}

// Read implements io.Reader.
func (eof) Read([]byte) (int, error) { return 0, io.EOF }
