package kube

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"gondor/app"
	"gondor/cluster/kube/inside"
)

// Codes of ends that are not the program's own.
const (
	neverRan   = 125 // it could not be started, as programs that start containers say it
	killed     = 137 // SIGKILL
	terminated = 143 // SIGTERM
)

// hasEnded reports whether the process of a pod has ended.
func hasEnded(pod *corev1.Pod) bool {
	_, ended := exitOf(pod)
	return ended
}

// exitOf says how the process of a pod ended, and whether it did. What the engine itself
// decided comes first, then what the cluster did to the pod, then the program's own word.
func exitOf(pod *corev1.Pod) (app.Exit, bool) {
	if exit, decided := decidedExit(pod); decided {
		return exit, true
	}
	end := lastEnd(pod, processContainer)
	switch {
	case pod.Status.Reason == "Evicted":
		return app.Exit{Code: killed, Message: "killed: " + evicted(pod), Ended: endTime(pod, end)}, true
	case end != nil:
		return ownExit(pod, end), true
	case isOver(pod) && pod.DeletionTimestamp != nil:
		return app.Exit{Code: terminated, Message: "stopped before it started", Ended: endTime(pod, nil)}, true
	case isOver(pod):
		return app.Exit{Code: neverRan, Message: "it could not be started: " + failure(pod), Ended: endTime(pod, nil)}, true
	case pod.DeletionTimestamp != nil && pod.Spec.NodeName == "":
		return app.Exit{Code: terminated, Message: "stopped before it started", Ended: pod.DeletionTimestamp.Time}, true
	default:
		return app.Exit{}, false
	}
}

// isOver reports whether nothing of the pod runs or ever will.
func isOver(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
}

// decidedExit is the end that the engine gave to a process: it could not be started, or
// its node was lost.
func decidedExit(pod *corev1.Pod) (app.Exit, bool) {
	var exit app.Exit
	text, decided := pod.Annotations[annotationExit]
	if !decided || json.Unmarshal([]byte(text), &exit) != nil {
		return app.Exit{}, false
	}
	return exit, true
}

// lastEnd is how a container ended last; nil while it never did.
func lastEnd(pod *corev1.Pod, container string) *corev1.ContainerStateTerminated {
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for i := range statuses {
			if statuses[i].Name == container {
				return statuses[i].State.Terminated
			}
		}
	}
	return nil
}

// ownExit is what process 1 left as its last word. Without one it was killed itself.
func ownExit(pod *corev1.Pod, end *corev1.ContainerStateTerminated) app.Exit {
	exit := app.Exit{Code: int(end.ExitCode), Ended: endTime(pod, end)}
	if last, ok := inside.ParseTermination(end.Message); ok {
		exit.Code, exit.Message = last.Code, last.Message
		return exit
	}
	switch {
	case end.Reason == "OOMKilled":
		exit.Code, exit.Message = killed, tooMuchMemory(pod)
	case end.Reason == "ContainerStatusUnknown" && pod.DeletionTimestamp != nil:
		exit.Code, exit.Message = terminated, "stopped before it started"
	case end.Reason == "ContainerStatusUnknown":
		exit.Code, exit.Message = killed, "killed: its node was restarted or lost it"
	case end.Reason == "ContainerCannotRun", end.Reason == "StartError":
		exit.Code, exit.Message = neverRan, "it could not be started: "+sentence(end.Message)
	case exit.Code > 128:
		exit.Message = fmt.Sprintf("killed by signal %d", exit.Code-128)
	default:
		exit.Message = fmt.Sprintf("exit status %d", exit.Code)
	}
	return exit
}

// tooMuchMemory says how much the process may use.
func tooMuchMemory(pod *corev1.Pod) string {
	for _, c := range pod.Spec.Containers {
		if c.Name == processContainer {
			return fmt.Sprintf("killed: it used more than %d MB of memory", (c.Resources.Limits.Memory().Value()-processOne)>>20)
		}
	}
	return "killed: it used too much memory"
}

// evicted says why a node had to get rid of the pod.
func evicted(pod *corev1.Pod) string {
	text := pod.Status.Message
	switch {
	case strings.Contains(text, "ephemeral"), strings.Contains(text, "emptyDir"), strings.Contains(text, "EmptyDir"):
		return "it used too much of its node's disk: " + sentence(text)
	case strings.Contains(text, "memory"):
		return "its node ran out of memory"
	default:
		return "its node had no room for it any more: " + sentence(text)
	}
}

// failure says why a pod failed whose program never ran.
func failure(pod *corev1.Pod) string {
	if end := lastEnd(pod, carryContainer); end != nil && end.ExitCode != 0 {
		return fmt.Sprintf("Gondor could not be carried in: %s", sentence(cmp.Or(end.Message, end.Reason)))
	}
	return sentence(cmp.Or(pod.Status.Message, pod.Status.Reason, "the cluster says no more"))
}

// sentence fits a text of Kubernetes into a sentence of ours.
func sentence(text string) string {
	return strings.TrimRight(strings.Join(strings.Fields(text), " "), ".")
}

// endTime is when the process ended, as well as that is known.
func endTime(pod *corev1.Pod, end *corev1.ContainerStateTerminated) time.Time {
	if end != nil && !end.FinishedAt.IsZero() {
		return end.FinishedAt.Time
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady && !c.LastTransitionTime.IsZero() {
			return c.LastTransitionTime.Time
		}
	}
	return pod.CreationTimestamp.Time
}
