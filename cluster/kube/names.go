package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"gondor/app"
	"gondor/cluster/kube/routes"
)

// The labels of everything that the engine makes. Those of app.kubernetes.io are
// Kubernetes' recommended ones.
const (
	labelManagedBy    = "app.kubernetes.io/managed-by" // "gondor"
	labelName         = "app.kubernetes.io/name"       // the service
	labelInstallation = routes.LabelInstallation       // Options.Namespace
	labelSite         = "gondor.io/site"               // its ID
	labelInstance     = "gondor.io/instance"           // its ID
	labelRelease      = "gondor.io/release"            // its number
	labelRestart      = "gondor.io/restart"            // the service's restart count
	labelProcess      = "gondor.io/process"            // of a one-off: its ID, as a label
	labelWorkload     = "gondor.io/workload"           // of a Deployment and its pods: its name
)

// Annotations of Deployments.
const (
	annotationApplied  = "gondor.io/applied"  // the app.Workload as JSON, without its variables and its number
	annotationDraining = "gondor.io/draining" // of one that is being removed: since when
)

// fieldManager names Gondor to server-side apply.
const fieldManager = "gondor"

// mostName is the length of a DNS label (RFC 1035 section 2.3.4).
const mostName = 63

// namespaceOf is the namespace of an instance. IDs are lower-case letters and digits.
func (o Options) namespaceOf(id app.ID[app.Instance]) string {
	return label(o.Namespace + "-" + string(id))
}

// buildNamespace is where builds run.
func (o Options) buildNamespace() string { return o.Namespace + "-builds" }

// instanceRole is the ClusterRole of what Gondor may do in the namespace of an instance.
func (o Options) instanceRole() string { return o.Namespace + "-instance" }

// workloadName is the name of all objects of a workload.
func workloadName(ref app.WorkloadRef) string {
	return label(fmt.Sprintf("%s-v%d-r%d", ref.Service, ref.Release, ref.Restart))
}

// workloadSelector selects the pods of a workload, in the namespace of its instance.
func workloadSelector(ref app.WorkloadRef) map[string]string {
	return map[string]string{labelInstance: labelValue(string(ref.Instance)), labelWorkload: workloadName(ref)}
}

// workloadLabels are on everything of a workload.
func (o Options) workloadLabels(w app.Workload) map[string]string {
	labels := o.instanceLabels(w.Program.Site, w.Ref.Instance)
	labels[labelName] = label(w.Ref.Service)
	labels[labelRelease] = strconv.Itoa(w.Ref.Release)
	labels[labelRestart] = strconv.Itoa(w.Ref.Restart)
	labels[labelWorkload] = workloadName(w.Ref)
	return labels
}

// instanceLabels are on everything of an instance.
func (o Options) instanceLabels(site app.ID[app.Site], instance app.ID[app.Instance]) map[string]string {
	labels := o.labels()
	labels[labelSite] = labelValue(string(site))
	labels[labelInstance] = labelValue(string(instance))
	return labels
}

// labels are on everything that the engine makes.
func (o Options) labels() map[string]string {
	return map[string]string{labelManagedBy: fieldManager, labelInstallation: o.Namespace}
}

// label maps a name to a DNS label that begins with a letter, as the names of Services have
// to (RFC 1035 section 2.3.1), so that different names never meet.
func label(name string) string {
	if name == "" || name[0] <= '9' {
		return hashed(name)
	}
	return labelValue(name)
}

// labelValue maps an ID to the value of a label. IDs begin with a digit, which labels may.
func labelValue(id string) string {
	if id == kept(id) && len(id) <= mostName && id != "" {
		return id
	}
	return hashed(id)
}

// kept is what can stand in a DNS label of a name.
func kept(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, name), "-")
}

// hashed is a DNS label made of what can be kept of a name and of a hash of all of it.
func hashed(name string) string {
	sum := sha256.Sum256([]byte(name))
	hash := hex.EncodeToString(sum[:])[:10]
	kept := kept(name)
	if kept == "" || kept[0] <= '9' {
		kept = strings.Trim("x-"+kept, "-")
	}
	return strings.Trim(kept[:min(len(kept), mostName-len(hash)-1)], "-") + "-" + hash
}
