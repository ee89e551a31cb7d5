package kube

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"gondor/app"
	"gondor/cluster/kube/inside"
)

// defaultPort is the PORT of web services.
const defaultPort = 8000

// portOf is where a web service listens: at the PORT that people set, or else the default.
// 0 for a worker.
func portOf(w app.Workload) int {
	if w.Kind != app.Web {
		return 0
	}
	if port, err := strconv.Atoi(w.Program.Env["PORT"]); err == nil && port > 0 && port <= 1<<16-1 {
		return port
	}
	return defaultPort
}

// deployment is the Deployment of a workload. Its pods never change: a new release, or a
// restart, is another one. shipped says that its image has Gondor's binary.
func (o Options) deployment(w app.Workload, shipped bool) (*appsv1.Deployment, error) {
	order := o.replicaOrder(w)
	order.Shipped = shipped
	pod, err := o.podSpec(order)
	if err != nil {
		return nil, err
	}
	applied, err := encodeApplied(w)
	if err != nil {
		return nil, err
	}
	labels, replicas, history := o.workloadLabels(w), int32(w.Replicas), int32(0)
	meta := o.workloadMeta(w)
	meta.Annotations = map[string]string{annotationApplied: applied}
	return &appsv1.Deployment{
		ObjectMeta: meta,
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, RevisionHistoryLimit: &history,
			Selector: &metav1.LabelSelector{MatchLabels: workloadSelector(w.Ref)},
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType, RollingUpdate: noGap()},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{annotationLog: string(w.LogName)}},
				Spec:       pod,
			},
		},
	}, nil
}

// noGap replaces pods, should somebody else change them, only by pods that are ready.
func noGap() *appsv1.RollingUpdateDeployment {
	none, one := intstr.FromInt32(0), intstr.FromInt32(1)
	return &appsv1.RollingUpdateDeployment{MaxUnavailable: &none, MaxSurge: &one}
}

func (o Options) workloadMeta(w app.Workload) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: o.namespaceOf(w.Ref.Instance), Name: workloadName(w.Ref), Labels: o.workloadLabels(w),
	}
}

// replicaOrder says what the pods of a workload run.
func (o Options) replicaOrder(w app.Workload) podOrder {
	port := portOf(w)
	return podOrder{
		Program:   w.Program,
		Spec:      o.replicaSpec(w, port),
		Secret:    workloadName(w.Ref),
		Grace:     w.Config.DrainTimeout + w.Config.StopTimeout + stopMargin,
		Restart:   corev1.RestartPolicyAlways,
		Port:      port,
		Readiness: readiness(port),
		Spread:    workloadSelector(w.Ref),
	}
}

// replicaSpec says what process 1 of a replica does.
func (o Options) replicaSpec(w app.Workload, port int) inside.Spec {
	s := o.spec(w.Program)
	s.Kind, s.Log = w.Kind, true
	s.DrainTimeout, s.StopTimeout = w.Config.DrainTimeout, w.Config.StopTimeout
	s.Health = inside.Health{
		Path: w.Config.HealthPath, Statuses: w.Config.HealthStatuses, Host: w.Host, Scheme: w.Scheme,
		Interval: w.Config.HealthInterval, Timeout: w.Config.HealthTimeout, WarmUp: w.Config.WarmUp, Alive: o.WorkerAlive,
	}
	if port != 0 {
		s.Given["PORT"] = strconv.Itoa(port)
	}
	return s
}

// readinessTimeout is how long process 1 may take to say how it is, on a node that has no
// CPU to spare. It counts failures itself, so one answer decides.
const readinessTimeout = 5 * time.Second

// readiness asks process 1 every second.
func readiness(port int) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
			Path: inside.ReadinessPath, Port: intstr.FromInt(inside.ReadinessPort(port)),
		}},
		PeriodSeconds: 1, SuccessThreshold: 1, FailureThreshold: 1, TimeoutSeconds: int32(readinessTimeout / time.Second),
	}
}

// disruptionBudget lets a node be emptied of one replica of a workload after the other.
func (o Options) disruptionBudget(w app.Workload) *policyv1.PodDisruptionBudget {
	one := intstr.FromInt32(1)
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: o.workloadMeta(w),
		Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable: &one,
			Selector:       &metav1.LabelSelector{MatchLabels: workloadSelector(w.Ref)},
		},
	}
}

// encodeApplied writes what is fixed of a workload by its ref, but its variables: those
// may be secret.
func encodeApplied(w app.Workload) (string, error) {
	w.Replicas, w.Program.Env = 0, nil
	text, err := json.Marshal(w)
	if err != nil {
		return "", fmt.Errorf("write down a workload: %w", err)
	}
	return string(text), nil
}

// appliedOf reads what was written down of a workload. The number of replicas is that of
// the Deployment.
func appliedOf(d *appsv1.Deployment) (app.Workload, error) {
	var w app.Workload
	if err := json.Unmarshal([]byte(d.Annotations[annotationApplied]), &w); err != nil {
		return w, fmt.Errorf("read what was written down of %s/%s: %w", d.Namespace, d.Name, err)
	}
	if d.Spec.Replicas != nil {
		w.Replicas = int(*d.Spec.Replicas)
	}
	return w, nil
}

// isLeaving reports whether a workload is being removed.
func isLeaving(d *appsv1.Deployment) bool {
	return d.DeletionTimestamp != nil || d.Annotations[annotationDraining] != ""
}
