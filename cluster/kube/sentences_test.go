package kube

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestWhyPodsAreNotMadeIsASentence(t *testing.T) {
	for name, c := range map[string]struct{ message, want string }{
		"a quota": {
			`pods "web-v1-r0-6d4-x" is forbidden: exceeded quota: team, requested: requests.memory=256Mi, used: requests.memory=1Gi, limited: requests.memory=1Gi`,
			`the quota "team" of the namespace has no room for it: it asks for requests.memory=256Mi, requests.memory=1Gi is used of requests.memory=1Gi; raise the quota or choose a smaller size`,
		},
		"a quota that says it otherwise": {`exceeded quota: team`, "a quota of the namespace is used up: team"},
		"a limit range": {
			`pods "web" is forbidden: maximum memory usage per Container is 100Mi, but limit is 272Mi`,
			"a LimitRange of the namespace does not allow this size: maximum memory usage per Container is 100Mi, but limit is 272Mi",
		},
		"a policy": {
			`admission webhook "images.example.com" denied the request: pods "web" is forbidden: the registry is not trusted.`,
			"the cluster does not allow its pods: the registry is not trusted",
		},
		"anything else": {"the server is busy.", "the cluster can't make its pods: the server is busy"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := refusalSentence(c.message); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestWhyAPodDoesNotStartIsASentence(t *testing.T) {
	waiting := func(reason, message string) corev1.PodStatus {
		return corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{
			Name: processContainer, Image: "localhost:30500/site/a",
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}},
		}}}
	}
	unscheduled := func(message string) corev1.PodStatus {
		return corev1.PodStatus{Conditions: []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: message,
		}}}
	}
	for name, c := range map[string]struct {
		status corev1.PodStatus
		want   string
	}{
		"an image that is not there":   {waiting("ErrImagePull", `failed to pull: localhost:30500/site/a: not found`), "was not found in its registry"},
		"an image that is not allowed": {waiting("ErrImagePull", `pull access denied, 401 Unauthorized`), "does not let this cluster pull"},
		"one of another architecture":  {waiting("ErrImagePull", `no match for platform in manifest: not found`), "not made for the kind of processor"},
		"a name that is none":          {waiting("InvalidImageName", ""), "is not the name of an image"},
		"no room":                      {unscheduled("0/3 nodes are available: 3 Insufficient cpu."), "No node of the cluster has room for it: 0/3 nodes are available: 3 Insufficient cpu"},
		"a volume that is not bound":   {unscheduled("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."), "Its volume is not there yet"},
		"a container that can't be":    {waiting("CreateContainerError", "context deadline exceeded"), "Its container could not be made: context deadline exceeded"},
		"nothing wrong":                {waiting("ContainerCreating", ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := problemOf(&corev1.Pod{Status: c.status}).text
			if !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got %q, want one with %q", got, c.want)
			}
		})
	}
}
