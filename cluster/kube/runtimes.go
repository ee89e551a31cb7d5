package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
	"gondor/cluster/kube/builder"
	"gondor/cluster/kube/inside"
)

// languages are the runtimes of Options.Bases that are probed, with the programs that
// each of them is asked for.
func languages() map[string][]string {
	return map[string][]string{"python": {"python"}, "node": {"node", "npm", "yarn", "pnpm"}, "go": {"go"}}
}

// Runtimes implements app.Builder: of each language what its base image offers. A base
// image that can't be had is noted in the log and offers nothing.
func (e *Engine) Runtimes(ctx context.Context) ([]app.Runtime, error) {
	var mu sync.Mutex
	var all []app.Runtime
	var probing sync.WaitGroup
	for language, programs := range languages() {
		probing.Go(func() {
			offered, err := e.offers(ctx, e.options.Bases[language])
			if err != nil && ctx.Err() == nil {
				e.log.Warn("a base image can't be used", "runtime", language, "error", err)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, slices.DeleteFunc(offered, func(r app.Runtime) bool { return !slices.Contains(programs, r.Name) })...)
		})
	}
	probing.Wait()
	slices.SortFunc(all, func(a, b app.Runtime) int { return strings.Compare(a.Name+a.Path, b.Name+b.Path) })
	return all, ctx.Err()
}

// offers returns what a base image offers, asked once for as long as it stays the same.
// The list is the caller's own.
func (e *Engine) offers(ctx context.Context, b Base) ([]app.Runtime, error) {
	found, err := e.builds.mirror.find(ctx, b.Build)
	if err != nil {
		return nil, err
	}
	e.builds.probing.Lock()
	defer e.builds.probing.Unlock()
	if e.builds.offered == nil {
		e.builds.offered = e.loadOffered(ctx)
	}
	if known, ok := e.builds.offered[found.Digest]; ok {
		return slices.Clone(known), nil
	}
	offered, err := e.probe(ctx, found)
	if err != nil {
		return nil, fmt.Errorf("ask %s for its languages: %w", b.Build, err)
	}
	e.builds.offered[found.Digest] = offered
	e.saveOffered(ctx, found.Digest, offered)
	return slices.Clone(offered), nil
}

// probe runs Gondor's binary in a base image.
func (e *Engine) probe(ctx context.Context, found mirrored) ([]app.Runtime, error) {
	_, hex, _ := strings.Cut(found.Digest, ":")
	var out bytes.Buffer
	exit, err := e.insideBase(ctx, baseProcess{
		id: app.ProcessID("probe-" + hex[:min(len(hex), 20)]), image: found.reference(e.options.Registry.Host),
		argv: []string{inside.Binary, "inside", "probe"}, timeout: probeTimeout, size: app.Size{CPU: 1, Memory: 256 << 20},
	}, app.Streams{Stdout: &out})
	if err != nil {
		return nil, err
	}
	if exit.Code != 0 {
		return nil, fmt.Errorf("it ended with %s", exit.Message)
	}
	return builder.Probed(&out)
}

// runtimesMap is the ConfigMap that keeps what base images offer: their digests, without
// the colon that a key can't have, and the lists as JSON.
const runtimesMap = "runtimes"

func offeredKey(digest string) string { return strings.ReplaceAll(digest, ":", ".") }

// loadOffered reads what was found before. Without it images are asked again.
func (e *Engine) loadOffered(ctx context.Context) map[string][]app.Runtime {
	all := map[string][]app.Runtime{}
	kept, err := e.client.CoreV1().ConfigMaps(e.options.Namespace).Get(ctx, runtimesMap, metav1.GetOptions{})
	if err != nil {
		if !apierrors.IsNotFound(err) {
			e.log.Warn("can't read what base images offer", "error", err)
		}
		return all
	}
	for key, text := range kept.Data {
		var offered []app.Runtime
		if err := json.Unmarshal([]byte(text), &offered); err != nil {
			e.log.Warn("what a base image offers is not readable", "image", key, "error", err)
			continue
		}
		all[strings.Replace(key, ".", ":", 1)] = offered
	}
	return all
}

// saveOffered keeps what was found for the next start. That it can't does no harm.
func (e *Engine) saveOffered(ctx context.Context, digest string, offered []app.Runtime) {
	text, err := json.Marshal(offered)
	if err != nil {
		e.log.Warn("can't write what a base image offers", "error", err)
		return
	}
	maps := e.client.CoreV1().ConfigMaps(e.options.Namespace)
	kept, err := maps.Get(ctx, runtimesMap, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		_, err = maps.Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: runtimesMap, Labels: map[string]string{labelManagedBy: "gondor"}},
			Data:       map[string]string{offeredKey(digest): string(text)},
		}, metav1.CreateOptions{FieldManager: fieldManager})
	case err == nil:
		if kept.Data == nil {
			kept.Data = map[string]string{}
		}
		kept.Data[offeredKey(digest)] = string(text)
		_, err = maps.Update(ctx, kept, metav1.UpdateOptions{FieldManager: fieldManager})
	}
	if err != nil {
		e.log.Warn("can't keep what a base image offers", "error", err)
	}
}
