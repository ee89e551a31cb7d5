package kube

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"gondor/app"
	"gondor/cluster/kube/agent"
)

// hasGone reports whether nobody reads the pod and the cluster has it no more. One that
// began this moment may not have been told of yet, so it is asked for.
func (v visitor) hasGone(ctx context.Context, pod agent.Pod) (bool, error) {
	if v.follower.reader(types.UID(pod.UID)) != nil {
		return false, nil
	}
	found, err := v.follower.client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether a pod has gone: %w", err)
	}
	return string(found.UID) != pod.UID, nil
}

// inherit copies what an agent keeps of a pod that has gone. What belongs to no log is
// nobody's.
func (v visitor) inherit(ctx context.Context, pod agent.Pod, node string, places *positions) error {
	if pod.Log == "" {
		pod.Owner = v.owner(pod)
	}
	there, err := v.isThere(ctx, pod.Namespace)
	if err != nil || !there || pod.Log == "" {
		return err
	}
	heir, err := v.follower.heir(ctx, pod, node, places)
	if err != nil {
		return err
	}
	err = heir.copyKept(ctx)
	v.follower.leave(heir)
	return err
}

// isThere reports whether a namespace is there to stay. The logs of an instance go with it.
func (v visitor) isThere(ctx context.Context, name string) (bool, error) {
	found, err := v.follower.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether an instance is there: %w", err)
	}
	return found.DeletionTimestamp == nil, nil
}

// mostGenerated is how much Kubernetes leaves of a name that it puts five letters behind.
const mostGenerated = 58

// owner says whose lines those of a pod are that no Gondor has seen: of its Deployment,
// whose name the pod's begins with. Only Gondor removes Deployments, so it is there; and
// one-offs stay until Gondor has seen them.
func (v visitor) owner(pod agent.Pod) agent.Owner {
	all, err := v.deployments.Deployments(pod.Namespace).List(labels.Everything())
	if err != nil {
		return agent.Owner{} // it reads memory
	}
	var owner agent.Owner
	longest := 0
	for _, d := range all {
		begin := d.Name + "-"
		begin = begin[:min(len(begin), mostGenerated)]
		if strings.HasPrefix(pod.Name, begin) && len(begin) > longest {
			owner, longest = agent.Owner{Log: d.Spec.Template.Annotations[annotationLog], Process: pod.Name}, len(begin)
		}
	}
	return owner
}

// heir is the reader of a pod that has gone, of which an agent still has something. It goes
// on where the one before was, or else where the log ends.
func (f *follower) heir(ctx context.Context, pod agent.Pod, node string, places *positions) (*reader, error) {
	f.mu.Lock()
	last, known := f.left[types.UID(pod.UID)]
	f.mu.Unlock()
	if !known {
		var err error
		if last.place, err = places.of(ctx, app.LogName(pod.Log), pod.Process); err != nil {
			return nil, err
		}
	}
	return &reader{
		follower: f, name: app.LogName(pod.Log), replica: pod.Process, before: true, gone: true, place: last.place,
		pod: &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name, UID: types.UID(pod.UID)},
			Spec:       corev1.PodSpec{NodeName: node},
		},
	}, nil
}

// leave notes where the reader of a pod that has gone is.
func (f *follower) leave(r *reader) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	f.left[r.pod.UID] = left{r.pod.Spec.NodeName, r.place}
}
