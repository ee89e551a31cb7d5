package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// memory is what a process holds, in bytes.
type memory struct{ rss, anonymous int64 }

// memoryOf reads smaps_rollup (proc(5)).
func memoryOf(pid int) (memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return memory{}, fmt.Errorf("read the memory of a process: %w", err)
	}
	var m memory
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			continue
		}
		switch fields[0] {
		case "Rss:":
			m.rss = kilobytes << 10
		case "Anonymous:":
			m.anonymous = kilobytes << 10
		}
	}
	return m, nil
}

// cpuOf is the CPU time that the threads of a process have used (schedstat, in
// nanoseconds); that of threads that have ended is not in it.
func cpuOf(pid int) (time.Duration, error) {
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(stats) == 0 {
		return 0, errors.Join(fmt.Errorf("process %d has no threads", pid), err)
	}
	var total time.Duration
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("read the CPU time of a thread: %w", err)
		}
		used, _, _ := strings.Cut(string(text), " ")
		nanoseconds, err := strconv.ParseInt(used, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the CPU time of a thread: %w", err)
		}
		total += time.Duration(nanoseconds)
	}
	return total, nil
}

// used is what each process uses of the CPU in a while.
func used(ctx context.Context, pids []int, while time.Duration) ([]time.Duration, error) {
	before := make([]time.Duration, len(pids))
	after := make([]time.Duration, len(pids))
	for i, pid := range pids {
		var err error
		if before[i], err = cpuOf(pid); err != nil {
			return nil, err
		}
	}
	if err := pause(ctx, while); err != nil {
		return nil, err
	}
	for i, pid := range pids {
		now, err := cpuOf(pid)
		if err != nil {
			return nil, err
		}
		after[i] = now - before[i]
	}
	return after, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// pids are the server's process and its supervisor's.
func (s *server) pids() ([]int, error) {
	pid, err := processOf([]string{s.binary, "supervisor", "--dir", filepath.Join(s.data, "engine", "supervisor")})
	return []int{s.process.Process.Pid, pid}, err
}

// processOf returns the number of the process with this command line.
func processOf(argv []string) (int, error) {
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, err
	}
	for _, path := range commands {
		text, err := os.ReadFile(path)
		if err != nil || string(text) != strings.Join(append(argv, ""), "\x00") {
			continue // it has ended, or is another
		}
		return strconv.Atoi(filepath.Base(filepath.Dir(path)))
	}
	return 0, fmt.Errorf("%s is not to be found", argv[0])
}

const (
	restLook  = time.Second
	restLimit = 40 * time.Second
	// quiet is the CPU that a process at rest may use in a second.
	quiet = 20 * time.Millisecond
)

// rest waits until the server and the supervisor are quiet, twice in a row.
func (s *server) rest(ctx context.Context) error {
	pids, err := s.pids()
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, restLimit)
	defer cancel()
	for calm := 0; calm < 3; {
		used, err := used(limited, pids, restLook)
		if limited.Err() != nil && ctx.Err() == nil {
			fmt.Printf("idle: the server was not at rest after %v\n", restLimit)
			return nil
		}
		if err != nil {
			return err
		}
		calm++
		if max(used[0], used[1]) > quiet {
			calm = 0
		}
	}
	return nil
}
