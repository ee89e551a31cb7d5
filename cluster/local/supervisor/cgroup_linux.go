package supervisor

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cgroupVersion tells the version of the hierarchy that a directory belongs to.
func cgroupVersion(dir string) (int, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("find the cgroup %s: %w", dir, err)
	}
	switch int64(fs.Type) {
	case unix.CGROUP2_SUPER_MAGIC:
		return 2, nil
	case unix.CGROUP_SUPER_MAGIC:
		return 1, nil
	default:
		return 0, fmt.Errorf("%s is not a cgroup", dir)
	}
}

// oomKills counts what was killed for its memory in the cgroups so far.
func oomKills(cgroups []string) int64 {
	var kills int64
	for _, dir := range cgroups {
		for _, file := range []string{"memory.events", "memory.oom_control"} {
			data, err := os.ReadFile(filepath.Join(dir, file))
			if err == nil {
				kills += counter(data, "oom_kill")
			}
		}
	}
	return kills
}

// refusedForks counts the processes that could not be made in the cgroups so far for
// their number, and tells how many there may be at once.
func refusedForks(cgroups []string) (forks, most int64) {
	for _, dir := range cgroups {
		data, err := os.ReadFile(filepath.Join(dir, "pids.events"))
		limit, failed := os.ReadFile(filepath.Join(dir, "pids.max"))
		if err != nil || failed != nil {
			continue // another controller's
		}
		forks += counter(data, "max")
		if n, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil {
			most = n
		}
	}
	return forks, most
}

// counter finds "name N" among the lines of a cgroup's file, 0 without one.
func counter(data []byte, name string) int64 {
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && key == name {
			return n
		}
	}
	return 0
}

// killRest kills what a program left behind: in its cgroups, and, of a terminal, in its
// session, where each job of a shell has a group of its own.
func (p *process) killRest(pid int) {
	if p.spec.TTY && pid > 1 { // session 0 is what a container can't see the leader of
		killSession(pid)
	}
	for _, dir := range p.spec.Cgroups {
		killCgroup(dir)
	}
}

// killCgroup kills until nothing is left, as what is killed may just have forked.
func killCgroup(dir string) {
	// Version 2 does it at once (Linux 5.14); where that is missing, so is the file.
	_ = os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
	for range 200 {
		data, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		members := bytes.Fields(data)
		if err != nil || len(members) == 0 {
			return
		}
		for _, m := range members {
			// We ourselves are a member of a cgroup of version 1 while the thread that forked
			// into it ends.
			if pid, err := strconv.Atoi(string(m)); err == nil && pid > 0 && pid != os.Getpid() {
				_ = unix.Kill(pid, syscall.SIGKILL) // it just ended
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func killSession(session int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, err := readStat(pid); err == nil && s.session == session {
			_ = unix.Kill(pid, syscall.SIGKILL) // it just ended
		}
	}
}
