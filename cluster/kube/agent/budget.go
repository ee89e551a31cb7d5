package agent

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
)

// hold removes the oldest of what only we have until it is within the budget, and the
// directories of pods that have gone and of which nothing is left. The caller holds the lock.
func (a *Agent) hold() error {
	alone, err := a.alone()
	var bytes int64
	for _, k := range alone {
		bytes += k.info.Size()
	}
	for _, k := range alone {
		if bytes <= a.options.Budget {
			break
		}
		a.log.Warn("lines were lost: the budget is full of what the control plane has not taken", "file", k.path, "bytes", k.info.Size())
		err = errors.Join(err, a.remove(k))
		bytes -= k.info.Size()
	}
	return err
}

// alone lists what only we have, the oldest first, and tidies up on the way.
func (a *Agent) alone() ([]kept, error) {
	pods, err := a.pods(keptDirectory)
	errs := []error{err}
	var alone []kept
	for _, pod := range pods {
		files, err := a.list(pod.directory())
		if err == nil && len(files) == 0 && a.hasGone(pod) {
			err = a.drop(pod)
		}
		errs = append(errs, err)
		alone = append(alone, slices.DeleteFunc(files, func(k kept) bool { return !k.alone() })...)
	}
	slices.SortFunc(alone, func(a, b kept) int {
		return cmp.Or(a.begin.Compare(b.begin), cmp.Compare(a.path, b.path))
	})
	return alone, errors.Join(errs...)
}

func (a *Agent) remove(k kept) error {
	if err := a.root.Remove(k.path); err != nil {
		return fmt.Errorf("remove what was kept: %w", unlessGone(err))
	}
	return nil
}

// hasGone reports whether the kubelet has removed all of a pod.
func (a *Agent) hasGone(pod Pod) bool {
	_, err := a.root.Lstat(path.Join(podsDirectory, pod.directory()))
	return err != nil && unlessGone(err) == nil
}

// drop removes all that is kept of a pod.
func (a *Agent) drop(pod Pod) error {
	if err := a.root.RemoveAll(path.Join(keptDirectory, pod.directory())); err != nil {
		return fmt.Errorf("remove what was kept of a pod: %w", err)
	}
	return nil
}
