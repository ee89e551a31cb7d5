package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"gondor/app"
)

// Append implements app.Logs.
func (e *Engine) Append(_ context.Context, log app.LogName, text string) error {
	return e.options.Logs.Append(log, text)
}

// Write implements app.Logs.
func (e *Engine) Write(_ context.Context, log app.LogName, lines ...app.LogLine) error {
	return e.options.Logs.Write(log, lines...)
}

// Close implements app.Logs.
func (e *Engine) Close(_ context.Context, log app.LogName) error {
	return e.options.Logs.Close(log)
}

// Lines implements app.Logs.
func (e *Engine) Lines(ctx context.Context, q app.LogQuery) iter.Seq2[app.LogLine, error] {
	return e.options.Logs.Lines(ctx, q)
}

// Drop implements app.Logs. What ended processes wrote there is not read again; one that
// still writes begins the log anew.
func (e *Engine) Drop(ctx context.Context, log app.LogName) error {
	for _, object := range e.oneOffs.informer.GetStore().List() {
		pod, ok := object.(*corev1.Pod)
		if !ok || pod.Annotations[annotationLog] != string(log) || !hasEnded(pod) {
			continue
		}
		if err := e.unlog(ctx, pod); err != nil {
			return err
		}
	}
	return e.options.Logs.Drop(log)
}

// unlog takes its log from a pod.
func (e *Engine) unlog(ctx context.Context, pod *corev1.Pod) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": pod.UID, "annotations": map[string]any{annotationLog: nil},
	}})
	if err != nil {
		return fmt.Errorf("drop a log: %w", err)
	}
	_, err = e.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: fieldManager})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("drop a log: %w", err)
	}
	return nil
}
