package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// hierarchy is one mounted cgroup v1 hierarchy of the machine.
type hierarchy struct {
	path    string // where it is mounted
	options string // what mounts it again
}

func (h hierarchy) name() string { return filepath.Base(h.path) }

func hierarchies() ([]hierarchy, error) {
	data, err := os.ReadFile("/proc/mounts")
	if err != nil {
		return nil, fmt.Errorf("look for the cgroup hierarchies: %w", err)
	}
	var found []hierarchy
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) > 3 && fields[2] == "cgroup" && filepath.Dir(fields[1]) == "/sys/fs/cgroup" {
			found = append(found, hierarchy{fields[1], controllers(fields[3])})
		}
	}
	return found, nil
}

// controllers keeps of a hierarchy's mount options those that name what it controls.
func controllers(mountOptions string) string {
	general := []string{"rw", "ro", "relatime", "noatime", "nosuid", "nodev", "noexec", "xattr", "clone_children"}
	var kept []string
	for _, option := range strings.Split(mountOptions, ",") {
		if strings.HasPrefix(option, "name=") {
			kept = append(kept, "none")
		}
		if !slices.Contains(general, option) && !strings.HasPrefix(option, "release_agent=") {
			kept = append(kept, option)
		}
	}
	return strings.Join(kept, ",")
}

// joinCgroups moves this process into the machine's cgroup of every hierarchy.
func joinCgroups(machine string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		if err := join(h, machine); err != nil {
			return fmt.Errorf("join the cgroup %s of %s: %w", h.name(), machine, err)
		}
	}
	return nil
}

func join(h hierarchy, machine string) error {
	parent := filepath.Join(h.path, clusterName)
	dir := filepath.Join(parent, machine)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if strings.Contains(h.options, "cpuset") {
		if err := errors.Join(inheritCpuset(h.path, parent), inheritCpuset(parent, dir)); err != nil {
			return err
		}
	}
	if h.name() == "blkio" {
		countDiskBytes(dir)
	}
	return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0o600)
}

func inheritCpuset(parent, dir string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		data, err := os.ReadFile(filepath.Join(parent, file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// countDiskBytes sets a limit of 1 TiB/s for every disk: cgroup v1 counts bytes only for
// disks that have a limit. A kernel without throttling has no such file and counts nothing.
func countDiskBytes(dir string) {
	disks, _ := filepath.Glob("/sys/block/*/dev")
	for _, disk := range disks {
		if number, err := os.ReadFile(disk); err == nil {
			rule := strings.TrimSpace(string(number)) + " 1099511627776"
			_ = os.WriteFile(filepath.Join(dir, "blkio.throttle.write_bps_device"), []byte(rule), 0o600)
		}
	}
}

// processes lists the processes in the cgroup of a machine and below it; of the whole
// cluster when machine is "".
func processes(machine string) ([]int, error) {
	var found []int
	err := filepath.WalkDir(filepath.Join("/sys/fs/cgroup/pids", clusterName, machine), func(path string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went while we looked
		}
		if err == nil && filepath.Base(path) == "cgroup.procs" {
			found = append(found, readPids(path)...)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the processes of the cluster: %w", err)
	}
	return found, nil
}

func readPids(path string) []int {
	data, _ := os.ReadFile(path) // a cgroup that has gone has no processes
	var pids []int
	for _, field := range strings.Fields(string(data)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// removeCgroups removes the empty cgroups of a machine, or of the whole cluster when
// machine is "". The kernel lets go of a dead process's cgroup a moment after its end.
func removeCgroups(machine string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		dir := filepath.Join(h.path, clusterName, machine)
		if !soon(10*time.Second, func() bool { return removeTree(dir) }) {
			return fmt.Errorf("remove the cgroup %s: it doesn't get empty", dir)
		}
	}
	return nil
}

// removeTree removes a cgroup and those below it, and tells whether it is gone.
func removeTree(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			removeTree(filepath.Join(dir, entry.Name()))
		}
	}
	err = os.Remove(dir)
	return err == nil || errors.Is(err, fs.ErrNotExist)
}

// soon asks until the answer is yes, at most for the time given, and tells the last answer.
func soon(patience time.Duration, is func() bool) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if is() {
			return true
		}
	}
	return is()
}
