// Package runtimes finds the languages that can be built and run where Gondor is: on its
// machine, or in a base image that its binary was carried into.
package runtimes

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"gondor/app"
)

// Runtimes remembers the version of each program for as long as its file stays the same.
// It is safe for concurrent use.
type Runtimes struct {
	log      *slog.Logger
	path     string        // the system's PATH
	others   bool          // only what every user can run
	patience time.Duration // for one program
	mu       sync.Mutex
	versions map[string]version
}

// version is what a program answered, and which file it was.
type version struct {
	text     string
	modified time.Time
	size     int64
}

// New returns Runtimes that remember nothing yet. They are looked for in path, a PATH, then
// where Go is installed and in Gondor's own PATH. With others, only programs count that every
// user can run. A program that does not tell its version within the patience is noted in the
// log.
func New(path string, others bool, patience time.Duration, log *slog.Logger) *Runtimes {
	return &Runtimes{log: log, path: path, others: others, patience: patience, versions: map[string]version{}}
}

// List returns the runtimes that are there now. Its only error is ctx's.
func (r *Runtimes) List(ctx context.Context) ([]app.Runtime, error) {
	var all []app.Runtime
	for _, f := range r.find() {
		text, err := r.version(ctx, f)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			r.log.Warn("a runtime does not tell its version", "program", f.path, "error", err)
			continue
		}
		all = append(all, app.Runtime{Name: f.name, Version: text, Path: f.path})
	}
	return all, nil
}

// Path returns the PATH that the runtimes were made with, then the directories of those
// that are elsewhere.
func (r *Runtimes) Path() string {
	dirs := strings.Split(r.path, ":")
	for _, f := range r.find() {
		if dir := filepath.Dir(f.path); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return strings.Join(dirs, ":")
}

// version returns a program's version, asking it unless it is the file that answered.
func (r *Runtimes) version(ctx context.Context, f found) (string, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if v := r.versions[f.path]; v.text != "" && v.modified.Equal(info.ModTime()) && v.size == info.Size() {
		return v.text, nil
	}
	text, err := r.ask(ctx, f)
	if err == nil {
		r.versions[f.path] = version{text, info.ModTime(), info.Size()}
	}
	return text, err
}

var versionPattern = regexp.MustCompile(`\d+(\.\d+)+`)

// ask runs a program for its version.
func (r *Runtimes) ask(ctx context.Context, f found) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	asked := exec.CommandContext(ctx, f.path, f.flag)
	asked.Env = []string{"PATH=" + filepath.Dir(f.path) + ":" + r.path, "HOME=/nonexistent", "GOTOOLCHAIN=local"}
	asked.WaitDelay = time.Second
	output, err := asked.Output()
	if err != nil {
		return "", fmt.Errorf("run %s %s: %w", f.path, f.flag, err)
	}
	text := versionPattern.FindString(string(output))
	if text == "" {
		return "", fmt.Errorf("%s %s tells no version", f.path, f.flag)
	}
	return text, nil
}
