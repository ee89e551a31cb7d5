package kube

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podThat is the pod of a one-off with 64 MB, after a change.
func podThat(change func(*corev1.Pod)) *corev1.Pod {
	limits := corev1.ResourceList{corev1.ResourceMemory: *resource.NewQuantity(64<<20+processOne, resource.BinarySI)}
	pod := &corev1.Pod{Spec: corev1.PodSpec{
		NodeName: "n1", RestartPolicy: corev1.RestartPolicyNever,
		Containers: []corev1.Container{{Name: processContainer, Resources: corev1.ResourceRequirements{Limits: limits}}},
	}}
	change(pod)
	return pod
}

// endedWith is a pod whose process's container ended so.
func endedWith(end corev1.ContainerStateTerminated) *corev1.Pod {
	return podThat(func(pod *corev1.Pod) {
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: processContainer, State: corev1.ContainerState{Terminated: &end}}}
	})
}

func TestHowAProcessEnded(t *testing.T) {
	now := metav1.Now()
	tests := map[string]struct {
		pod     *corev1.Pod
		code    int
		message string // empty: it has not ended
	}{
		"one that waits for a node":                 {podThat(func(pod *corev1.Pod) { pod.Spec.NodeName = "" }), 0, ""},
		"one that runs":                             {podThat(func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodRunning }), 0, ""},
		"one that is being stopped":                 {podThat(func(pod *corev1.Pod) { pod.DeletionTimestamp = &now }), 0, ""},
		"one that was stopped before it had a node": {podThat(func(pod *corev1.Pod) { pod.Spec.NodeName, pod.DeletionTimestamp = "", &now }), 143, "stopped before it started"},
		"one that was stopped before it ran": {podThat(func(pod *corev1.Pod) {
			pod.DeletionTimestamp, pod.Status.Phase = &now, corev1.PodFailed
		}), 143, "stopped before it started"},
		"process 1 said how":                    {endedWith(corev1.ContainerStateTerminated{ExitCode: 3, Message: `{"code":3,"message":"exit status 3"}`}), 3, "exit status 3"},
		"process 1 was killed with the program": {endedWith(corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled"}), 137, "killed: it used more than 64 MB of memory"},
		"process 1 was killed alone":            {endedWith(corev1.ContainerStateTerminated{ExitCode: 137, Reason: "Error"}), 137, "killed by signal 9"},
		"its node was restarted":                {endedWith(corev1.ContainerStateTerminated{ExitCode: 137, Reason: "ContainerStatusUnknown"}), 137, "killed: its node was restarted or lost it"},
		"the runtime could not start it":        {endedWith(corev1.ContainerStateTerminated{ExitCode: 128, Reason: "StartError", Message: "no such\n file."}), 125, "it could not be started: no such file"},
		"it was evicted for its disk": {podThat(func(pod *corev1.Pod) {
			pod.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "Usage of EmptyDir volume \"app\" exceeds the limit \"1Gi\". "}
		}), 137, `killed: it used too much of its node's disk: Usage of EmptyDir volume "app" exceeds the limit "1Gi"`},
		"its node did not admit it": {podThat(func(pod *corev1.Pod) {
			pod.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "OutOfcpu", Message: "Node didn't have enough resource: cpu"}
		}), 125, "it could not be started: Node didn't have enough resource: cpu"},
		"the engine decided": {podThat(func(pod *corev1.Pod) {
			pod.Annotations = map[string]string{annotationExit: `{"Code":137,"Message":"killed: its node n1 was lost"}`}
		}), 137, "killed: its node n1 was lost"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			exit, ended := exitOf(test.pod)
			if exit.Code != test.code || exit.Message != test.message || ended != (test.message != "") {
				t.Errorf("it ended with %+v, %t; want %d, %q", exit, ended, test.code, test.message)
			}
		})
	}
}

func TestWhatIsReadNext(t *testing.T) {
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	ended := func(id string) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ContainerID: id, FinishedAt: metav1.NewTime(time.Unix(1, 0))}}
	}
	tests := map[string]struct {
		status corev1.ContainerStatus
		read   []string
		want   source
	}{
		"nothing runs yet":                     {corev1.ContainerStatus{}, nil, source{}},
		"it runs":                              {corev1.ContainerStatus{ContainerID: "a", State: running}, nil, source{container: "a"}},
		"it runs again":                        {corev1.ContainerStatus{ContainerID: "b", State: running, LastTerminationState: ended("a")}, nil, source{container: "a", previous: true, ended: true}},
		"it runs again and the first was read": {corev1.ContainerStatus{ContainerID: "b", State: running, LastTerminationState: ended("a")}, []string{"a"}, source{container: "b"}},
		"it waits to run again":                {corev1.ContainerStatus{LastTerminationState: ended("a")}, nil, source{container: "a", previous: true, ended: true}},
		"it has ended":                         {corev1.ContainerStatus{ContainerID: "a", State: ended("a")}, nil, source{container: "a", ended: true}},
		"it has ended for good and was read":   {corev1.ContainerStatus{ContainerID: "a", State: ended("a")}, []string{"a"}, source{over: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			read := map[string]bool{}
			for _, id := range test.read {
				read[id] = true
			}
			test.status.Name = processContainer
			pod := podThat(func(pod *corev1.Pod) { pod.Status.ContainerStatuses = []corev1.ContainerStatus{test.status} })
			if got := dueOf(pod, read); got != test.want {
				t.Errorf("it is %+v, want %+v", got, test.want)
			}
		})
	}
}
