package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"gondor/app"
	"gondor/cluster/command"
)

// runtimes finds the languages of this machine and remembers the version of each
// program for as long as its file stays the same. It is safe for concurrent use.
type runtimes struct {
	mu       sync.Mutex
	versions map[string]version
}

// version is what a program answered, and which file it was.
type version struct {
	text     string
	modified time.Time
	size     int64
}

func newRuntimes() *runtimes { return &runtimes{versions: map[string]version{}} }

// candidate is a program to look for, and how it tells its version.
type candidate struct{ name, program, flag string }

func candidates() []candidate {
	all := []candidate{{"python", "python3", "--version"}}
	for minor := 15; minor >= 8; minor-- {
		all = append(all, candidate{"python", fmt.Sprintf("python3.%d", minor), "--version"})
	}
	for _, name := range []string{"node", "npm", "yarn", "pnpm"} {
		all = append(all, candidate{name, name, "--version"})
	}
	return append(all, candidate{"go", "go", "version"})
}

// Runtimes implements app.Builder.
func (e *Engine) Runtimes(ctx context.Context) ([]app.Runtime, error) {
	var all []app.Runtime
	for _, f := range findRuntimes(e.identities.own) {
		text, err := e.runtimes.version(ctx, f)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			e.options.Logger.Warn("a runtime does not tell its version", "program", f.path, "error", err)
			continue
		}
		all = append(all, app.Runtime{Name: f.name, Version: text, Path: f.path})
	}
	return all, nil
}

// Adopt implements app.Builder: processes of this machine have no images.
func (e *Engine) Adopt(context.Context, app.Adoption) (app.Plan, app.Artifact, error) {
	return app.Plan{}, app.Artifact{}, app.Invalid("", "this Gondor runs sites as processes of its own machine, which images can't be; deploy the source instead (gondor deploy), or use a Gondor that runs on Kubernetes")
}

// path returns the PATH of every process: the system's, then the directories of other
// runtimes.
func (r *runtimes) path(others bool) string {
	dirs := strings.Split(command.SystemPath, ":")
	for _, f := range findRuntimes(others) {
		if dir := filepath.Dir(f.path); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return strings.Join(dirs, ":")
}

// found is a candidate with its file.
type found struct {
	candidate
	path string
}

// findRuntimes looks for the candidates, each file once. With others, only for files
// that every user can run.
func findRuntimes(others bool) []found {
	var all []found
	seen := map[string]bool{}
	for _, c := range candidates() {
		path := findProgram(c.program, others)
		real, err := filepath.EvalSymlinks(path)
		if path == "" || err != nil || seen[c.name+real] {
			continue
		}
		seen[c.name+real] = true
		all = append(all, found{c, path})
	}
	return all
}

func findProgram(program string, others bool) string {
	dirs := strings.Split(command.SystemPath+":/usr/local/go/bin:"+os.Getenv("PATH"), ":")
	for _, dir := range dirs {
		path := filepath.Join(dir, program)
		if !filepath.IsAbs(path) || !isExecutable(path) || others && !usableByOthers(path) {
			continue
		}
		return path
	}
	return ""
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// usableByOthers reports whether any user can run the file: along its path and, where
// links lead elsewhere, along that path too.
func usableByOthers(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for _, one := range []string{path, real} {
		for at := one; ; at = filepath.Dir(at) {
			info, err := os.Stat(at)
			if err != nil || info.Mode().Perm()&0o001 == 0 {
				return false
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	return true
}

var versionPattern = regexp.MustCompile(`\d+(\.\d+)+`)

// version returns a program's version, asking it unless it is the file that answered.
func (r *runtimes) version(ctx context.Context, f found) (string, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if v := r.versions[f.path]; v.text != "" && v.modified.Equal(info.ModTime()) && v.size == info.Size() {
		return v.text, nil
	}
	text, err := askVersion(ctx, f)
	if err == nil {
		r.versions[f.path] = version{text, info.ModTime(), info.Size()}
	}
	return text, err
}

func askVersion(ctx context.Context, f found) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	asked := exec.CommandContext(ctx, f.path, f.flag)
	asked.Env = []string{"PATH=" + filepath.Dir(f.path) + ":" + command.SystemPath, "HOME=/nonexistent", "GOTOOLCHAIN=local"}
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

// copyExecutable puts a copy of a program into a directory that everybody can enter,
// unless the same is there, and returns its path.
func copyExecutable(path, dir string) (_ string, err error) {
	target := filepath.Join(dir, cmp.Or(filepath.Base(path), "gondor"))
	if sameFile(path, target) {
		return target, nil
	}
	if err := makeDir(dir, 0o755); err != nil {
		return "", err
	}
	from, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("copy Gondor's binary: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := os.CreateTemp(dir, newPattern)
	if err != nil {
		return "", fmt.Errorf("copy Gondor's binary: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreMissing(os.Remove(to.Name()))) }()
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Chmod(0o755), to.Close()); err != nil {
		return "", fmt.Errorf("copy Gondor's binary: %w", err)
	}
	return target, errors.Join(keepTime(path, to.Name()), os.Rename(to.Name(), target))
}

// sameFile reports whether a copy is as old and as long as what it was made of.
func sameFile(path, other string) bool {
	a, err := os.Stat(path)
	if err != nil {
		return false
	}
	b, err := os.Stat(other)
	return err == nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func keepTime(path, other string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Chtimes(other, info.ModTime(), info.ModTime())
}
