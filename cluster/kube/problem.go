package kube

import (
	"cmp"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// problem is why a pod does not start, as a sentence for people.
type problem struct {
	text  string
	final bool // waiting does not help
}

// problemOf says why a pod that should start does not; the zero problem when nothing is
// known to be wrong.
func problemOf(pod *corev1.Pod) problem {
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for _, c := range statuses {
			if c.State.Waiting == nil {
				continue
			}
			if p := waitingProblem(c.Image, *c.State.Waiting); p.text != "" {
				return p
			}
		}
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return scheduleProblem(c.Message)
		}
	}
	return problem{}
}

// waitingProblem reads why a container waits.
func waitingProblem(image string, w corev1.ContainerStateWaiting) problem {
	switch w.Reason {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable", "ImageInspectError":
		return imageProblem(image, w.Reason, w.Message)
	case "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
		return problem{text: fmt.Sprintf("Its container could not be made: %s.", sentence(cmp.Or(w.Message, w.Reason)))}
	default:
		return problem{}
	}
}

// imageProblem reads why an image could not be pulled: kubelets have no more than the
// text that the registry or the network gave them.
func imageProblem(image, reason, text string) problem {
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(strings.ToLower(text), part) {
				return true
			}
		}
		return false
	}
	switch {
	case reason == "InvalidImageName":
		return problem{fmt.Sprintf("%q is not the name of an image.", image), true}
	case has("no match for platform", "no child with platform", "exec format error"):
		return problem{fmt.Sprintf("The image %s is not made for the kind of processor that this cluster has.", image), true}
	case has("unauthorized", "denied", "forbidden", "401", "403"):
		return problem{text: fmt.Sprintf("The registry does not let this cluster pull the image %s; it is private, or does not exist.", image)}
	case has("not found", "manifest unknown", "name unknown"):
		return problem{fmt.Sprintf("The image %s was not found in its registry; check its name and tag.", image), true}
	case text == "" || reason == "ImagePullBackOff" && !has("error", "failed"):
		return problem{text: fmt.Sprintf("The image %s can't be pulled.", image)}
	default:
		return problem{text: fmt.Sprintf("The image %s can't be pulled: %s.", image, sentence(text))}
	}
}

// scheduleProblem reads what the scheduler says of a pod that fits nowhere.
func scheduleProblem(text string) problem {
	switch {
	case strings.Contains(text, "PersistentVolumeClaim"), strings.Contains(text, "persistentvolumeclaim"):
		return problem{text: fmt.Sprintf("Its volume is not there yet: %s.", sentence(text))}
	case strings.Contains(text, "volume node affinity"):
		return problem{text: fmt.Sprintf("The node of its volume has no room for it: %s.", sentence(text))}
	case text == "":
		return problem{text: "No node of the cluster takes it."}
	default:
		return problem{text: fmt.Sprintf("No node of the cluster has room for it: %s.", sentence(text))}
	}
}
