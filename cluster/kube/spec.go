package kube

import (
	"encoding/json"
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
	"gondor/cluster/kube/inside"
)

// environmentKey is the only key of the Secret of an environment, and so a file.
func environmentKey() string { return path.Base(inside.Environment) }

// spec is what replicas and one-offs have in common for process 1. Nothing secret is in it. The directory
// is the image's own: appDir of one that was built here.
func (o Options) spec(p app.Program) inside.Spec {
	return inside.Spec{Command: p.Command, Argv: p.Argv, Base: p.Base, Given: given(p.Base), Memory: p.Size.Memory}
}

// given is the environment that the engine gives to every program, below the plan's.
func given(plan map[string]string) map[string]string {
	all := map[string]string{
		"DATA_DIR": dataDir, "HOME": temporaryDir, "TMPDIR": temporaryDir,
		"LANG": "C.UTF-8", "GONDOR": inside.Binary, "HOST": "0.0.0.0",
	}
	for key := range plan {
		delete(all, key)
	}
	return all
}

// environment is the Secret that keeps what people set for a program.
func environment(meta metav1.ObjectMeta, variables map[string]string) (*corev1.Secret, error) {
	if variables == nil {
		variables = map[string]string{}
	}
	text, err := json.Marshal(variables)
	if err != nil {
		return nil, fmt.Errorf("write the environment: %w", err)
	}
	immutable := true
	return &corev1.Secret{ObjectMeta: meta, Immutable: &immutable, Data: map[string][]byte{environmentKey(): text}}, nil
}
