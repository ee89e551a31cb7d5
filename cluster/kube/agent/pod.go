package agent

import (
	"strings"
	"time"
)

// Container is the one of each pod whose output is kept: that of the program.
const Container = "process"

// Pod is a pod whose output the agent keeps.
type Pod struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
	Owner
}

// Owner says whose lines a pod's are, as the control plane told it; zero while it has not.
type Owner struct {
	Log     string `json:"log,omitempty"`     // the app.LogName
	Process string `json:"process,omitempty"` // its ID
}

// Taken is what the control plane has of a pod: its word that the agent need not keep it.
type Taken struct {
	UID string `json:"uid"`
	Owner
	// After is the time of the last line that it has; zero: none.
	After time.Time `json:"after,omitzero"`
	// All says that nothing is wanted any more of a pod that has gone.
	All bool `json:"all,omitempty"`
}

// directory is the name of a pod's directory, the kubelet's and ours.
func (p Pod) directory() string { return p.Namespace + "_" + p.Name + "_" + p.UID }

// parseDirectory is the inverse of directory. Neither of the three can have a "_".
func parseDirectory(name string) (Pod, bool) {
	parts := strings.Split(name, "_")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return Pod{}, false
	}
	return Pod{Namespace: parts[0], Name: parts[1], UID: parts[2]}, true
}

// isOurs reports whether a namespace is of the installation: NAMESPACE-INSTANCE, or that
// of the builds. The IDs of instances have no "-", so those of an installation whose name
// begins alike are not ours.
func isOurs(installation, namespace string) bool {
	rest, found := strings.CutPrefix(namespace, installation+"-")
	return found && rest != "" && !strings.Contains(rest, "-")
}
