package agent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Look links all files that are new and holds what is kept to the budget.
func (a *Agent) Look() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := map[string]bool{}
	pods, err := a.pods(podsDirectory)
	errs := []error{err}
	for _, pod := range pods {
		errs = append(errs, a.lookAt(pod, seen))
	}
	a.passed = seen
	return errors.Join(append(errs, a.hold())...)
}

// pods lists the pods of ours that a directory has something of.
func (a *Agent) pods(directory string) ([]Pod, error) {
	entries, err := fs.ReadDir(a.root.FS(), directory)
	if err != nil {
		return nil, fmt.Errorf("list the pods of this node: %w", err)
	}
	var pods []Pod
	for _, e := range entries {
		pod, ok := parseDirectory(e.Name())
		if ok && e.IsDir() && isOurs(a.options.Namespace, pod.Namespace) {
			pods = append(pods, pod)
		}
	}
	return pods, nil
}

// outputFile is the name of a file of a container's output: that of a life of it, which
// the kubelet may have rotated and packed. A packed one that is being written ends on .tmp.
var outputFile = regexp.MustCompile(`^[0-9]+\.log(\.[0-9-]+(\.gz)?)?$`)

// lookAt links what is new of a pod.
func (a *Agent) lookAt(pod Pod, seen map[string]bool) error {
	at := path.Join(podsDirectory, pod.directory(), Container)
	entries, err := fs.ReadDir(a.root.FS(), at)
	if err != nil {
		return unlessGone(err)
	}
	have, err := a.list(pod.directory())
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if !outputFile.MatchString(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		from := path.Join(at, e.Name())
		info, err := e.Info()
		switch {
		case err != nil:
			errs = append(errs, unlessGone(err))
		case a.passed[from]:
			seen[from] = true
		case !slices.ContainsFunc(have, func(k kept) bool { return os.SameFile(k.info, info) }):
			errs = append(errs, unlessGone(a.keep(pod, from, seen)))
		}
	}
	return errors.Join(errs...)
}

// keep links a file, unless its lines are kept: then it is what the kubelet packed.
func (a *Agent) keep(pod Pod, from string, seen map[string]bool) error {
	begin, err := beginOf(a.root, from)
	if errors.Is(err, io.EOF) {
		return nil // nothing was written yet
	}
	packed := strings.HasSuffix(from, packedSuffix)
	if err != nil {
		seen[from] = packed // it will not become better
		return fmt.Errorf("keep %s: %w", from, err)
	}
	at := path.Join(keptDirectory, pod.directory())
	for _, name := range []string{nameOf(begin, false), nameOf(begin, true)} {
		if _, err := a.root.Lstat(path.Join(at, name)); err == nil {
			seen[from] = packed // another file may get the name of one that was not packed
			return nil
		}
	}
	if err := a.root.MkdirAll(at, 0o700); err != nil {
		return fmt.Errorf("keep %s: %w", from, err)
	}
	if err := a.root.Link(from, path.Join(at, nameOf(begin, packed))); err != nil {
		return fmt.Errorf("keep %s: %w", from, err)
	}
	return nil
}

// unlessGone is err, unless the kubelet has just removed or renamed the file.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
