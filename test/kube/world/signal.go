package world

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	core "k8s.io/api/core/v1"
)

// Signal sends a signal to the processes of a pod whose program has this file name, past the
// API server and the kubelet. The cluster must be test/cluster's. It returns how many there
// were.
func (w *World) Signal(pod core.Pod, program string, signal syscall.Signal) (int, error) {
	found, err := Processes(pod, program)
	if err != nil {
		return 0, err
	}
	for _, pid := range found {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return 0, fmt.Errorf("send a signal to %s of %s: %w", program, pod.Name, err)
		}
	}
	return len(found), nil
}

// Processes returns the IDs, on this machine, of a pod's processes whose program has this file
// name.
func Processes(pod core.Pod, program string) ([]int, error) {
	all, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil {
		return nil, err
	}
	var found []int
	for _, path := range all {
		groups, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(groups, []byte(pod.UID)) && !bytes.Contains(groups, []byte(underlined(pod))) {
			continue // it has ended, or is of others
		}
		exe, err := os.Readlink(filepath.Join(filepath.Dir(path), "exe"))
		if err != nil || filepath.Base(exe) != program {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		found = append(found, pid)
	}
	return found, nil
}

// underlined is a pod's UID as systemd's names of cgroups have it.
func underlined(pod core.Pod) string { return strings.ReplaceAll(string(pod.UID), "-", "_") }
