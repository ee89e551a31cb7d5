package kube

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestWhyAPodDoesNotStart(t *testing.T) {
	waiting := func(reason, message string) *corev1.Pod {
		return podThat(func(pod *corev1.Pod) {
			pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
				Name: processContainer, Image: "localhost:30500/site/a@sha256:1",
				State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}},
			}}
		})
	}
	unscheduled := func(message string) *corev1.Pod {
		return podThat(func(pod *corev1.Pod) {
			pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: message}}
		})
	}
	tests := map[string]struct {
		pod   *corev1.Pod
		want  string // a part of the sentence; empty: nothing is wrong
		final bool
	}{
		"it is being made":                {waiting("ContainerCreating", ""), "", false},
		"its image is missing":            {waiting("ErrImagePull", `rpc error: code = NotFound desc = failed to pull: localhost:30500/site/a: not found`), "was not found", true},
		"its image is still missing":      {waiting("ImagePullBackOff", `Back-off pulling image "a": ErrImagePull: a: not found`), "was not found", true},
		"its image is another's":          {waiting("ErrImagePull", "pull access denied, repository does not exist or may require authorization: 403 Forbidden"), "does not let this cluster pull", false},
		"its image is for other machines": {waiting("ErrImagePull", "no match for platform in manifest: not found"), "kind of processor", true},
		"its registry does not answer":    {waiting("ErrImagePull", "dial tcp 127.0.0.1:30500: connect: connection refused"), "connection refused", false},
		"its image's name is none":        {waiting("InvalidImageName", `couldn't parse image name "A"`), "is not the name of an image", true},
		"no node has room":                {unscheduled("0/3 nodes are available: 3 Insufficient memory."), "has room for it: 0/3 nodes are available: 3 Insufficient memory.", false},
		"its volume is missing":           {unscheduled("pod has unbound immediate PersistentVolumeClaims."), "Its volume is not there yet", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := problemOf(test.pod)
			if !strings.Contains(got.text, test.want) || (got.text == "") != (test.want == "") || got.final != test.final {
				t.Errorf("it is %+v, want %q and %t", got, test.want, test.final)
			}
		})
	}
}
