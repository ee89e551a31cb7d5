package kube

import (
	"slices"
	"strings"
	"sync"
)

const (
	mostWords = 20  // lines of a process that are kept at hand
	mostWord  = 512 // bytes of each
)

// words are the last lines of a process and what its health check last said. It is safe
// for concurrent use.
type words struct {
	mu     sync.Mutex
	lines  []string
	health string
}

func (w *words) add(line string) {
	line = strings.ToValidUTF8(line[:min(len(line), mostWord)], "")
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lines) == mostWords {
		w.lines = slices.Delete(w.lines, 0, 1)
	}
	w.lines = append(w.lines, strings.Clone(line))
}

func (w *words) empty() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.lines) == 0
}

// setHealth reports whether that is news.
func (w *words) setHealth(message string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	news := w.health != message
	w.health = message
	return news
}

// told returns what the process last said.
func (r *reader) told() told {
	r.words.mu.Lock()
	defer r.words.mu.Unlock()
	return told{Health: r.words.health, Output: slices.Clone(r.words.lines)}
}

// heedHealth takes what a health check said and passes it on.
func (r *reader) heedHealth(message string) {
	if !r.words.setHealth(message) || r.follower.changed == nil {
		return
	}
	r.mu.Lock()
	namespace, pod := r.pod.Namespace, r.pod.Name
	r.mu.Unlock()
	r.follower.changed(namespace, pod)
}
