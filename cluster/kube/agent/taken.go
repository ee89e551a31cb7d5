package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// Take heeds what the control plane has, and returns of which pods something is kept.
func (a *Agent) Take(all []Taken) ([]Pod, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	pods, err := a.pods(keptDirectory)
	errs := []error{err}
	words := map[string]Taken{}
	for _, t := range all {
		words[t.UID] = t
	}
	left := []Pod{}
	for _, pod := range pods {
		word, told := words[pod.UID]
		if told && word.All && a.hasGone(pod) {
			errs = append(errs, a.drop(pod))
			continue
		}
		if told {
			errs = append(errs, a.own(pod, word.Owner), a.release(pod, word))
		}
		pod.Owner, err = a.owner(pod)
		left, errs = append(left, pod), append(errs, err)
	}
	return left, errors.Join(errs...)
}

// release removes what only we have of a pod and the control plane has too: the files
// before the one that the next line is in.
func (a *Agent) release(pod Pod, t Taken) error {
	files, err := a.list(pod.directory())
	for i := 0; i+1 < len(files) && !files[i+1].begin.After(t.After); i++ {
		if files[i].alone() {
			err = errors.Join(err, a.remove(files[i]))
		}
	}
	return err
}

// own writes down whose lines a pod's are, once.
func (a *Agent) own(pod Pod, o Owner) error {
	known, err := a.owner(pod)
	if err != nil || o == known || o.Log == "" {
		return err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write down whose lines are kept: %w", err)
	}
	at := path.Join(keptDirectory, pod.directory(), ownerFile)
	if err := errors.Join(a.root.WriteFile(at+".new", text, 0o600), a.root.Rename(at+".new", at)); err != nil {
		return fmt.Errorf("write down whose lines are kept: %w", err)
	}
	return nil
}

// owner reads whose lines a pod's are; zero when nobody has said that.
func (a *Agent) owner(pod Pod) (Owner, error) {
	text, err := a.root.ReadFile(path.Join(keptDirectory, pod.directory(), ownerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Owner{}, nil
	}
	var o Owner
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err != nil {
		return Owner{}, fmt.Errorf("read whose lines are kept: %w", err)
	}
	return o, nil
}
