package kube

import (
	"reflect"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
)

// podOf is a web pod in a state, at 10.0.0.1.
func podOf(state, last corev1.ContainerState, restarts int32, ready bool, since time.Time) *corev1.Pod {
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web-1"},
		Spec: corev1.PodSpec{NodeName: "n1", Containers: []corev1.Container{{
			Name: processContainer, Ports: []corev1.ContainerPort{{Name: webPort, ContainerPort: 8000}},
		}}},
		Status: corev1.PodStatus{
			PodIP:      "10.0.0.1",
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: status, LastTransitionTime: metav1.Time{Time: since}}},
			ContainerStatuses: []corev1.ContainerStatus{{
				Name: processContainer, ContainerID: "c2", State: state, LastTerminationState: last, RestartCount: restarts, Ready: ready,
			}},
		},
	}
}

func TestTheStateOfAReplica(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Time{Time: start}}}
	backOff := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	ended := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		StartedAt: metav1.Time{Time: start}, ExitCode: 7, Message: `{"code":7,"message":"exit status 7"}`,
	}}
	var none corev1.ContainerState
	for name, c := range map[string]struct {
		pod    *corev1.Pod
		memory memory
		want   app.Replica
	}{
		"one that is ready is healthy": {
			podOf(running, none, 0, true, start.Add(time.Second)),
			memory{},
			app.Replica{State: app.ReplicaHealthy, Started: start},
		},
		"one that was never ready starts": {
			podOf(running, none, 0, false, start),
			memory{},
			app.Replica{State: app.ReplicaStarting, Started: start},
		},
		"one that was seen ready is unhealthy": {
			podOf(running, none, 0, false, start),
			memory{ready: "c2"},
			app.Replica{State: app.ReplicaUnhealthy, Started: start, Message: "it does not answer on n1"},
		},
		"one that was ready while nobody looked is too": {
			podOf(running, none, 0, false, start.Add(time.Minute)),
			memory{},
			app.Replica{State: app.ReplicaUnhealthy, Started: start, Message: "it does not answer on n1"},
		},
		"one that was ready in an earlier life starts": {
			podOf(running, ended, 1, false, start),
			memory{ready: "c1"},
			app.Replica{State: app.ReplicaStarting, Started: start, Restarts: 1, LastExit: "exit status 7"},
		},
		"one that has ended has crashed": {
			podOf(ended, none, 0, false, start),
			memory{},
			app.Replica{State: app.ReplicaCrashed, Started: start, Restarts: 1, Message: "exit status 7", LastExit: "exit status 7"},
		},
		"one that waits to be started again has too": {
			podOf(backOff, ended, 2, false, start),
			memory{},
			app.Replica{State: app.ReplicaCrashed, Started: start, Restarts: 3, Message: "exit status 7", LastExit: "exit status 7"},
		},
		"one that is being made starts": {
			podOf(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}, none, 0, false, start),
			memory{},
			app.Replica{State: app.ReplicaStarting},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.ID, c.want.Address = "web-1", "10.0.0.1:8000"
			if got := readReplica(app.WorkloadRef{}, c.pod, c.memory); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}
