package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gondor/app"
)

// tailLines is how many of the last lines are kept of a replica that is not healthy.
const tailLines = 20

// tail returns the last lines that the replica wrote. Its log holds those of its
// neighbours too, so more are read.
func (r *replica) tail(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var lines []string
	for line, err := range r.workload.engine.supervisor.Lines(ctx, app.LogQuery{Log: r.spec.LogName, Last: 20 * tailLines}) {
		if err != nil {
			break // what is there is better than nothing
		}
		if line.Replica == r.id {
			lines = append(lines, line.Text)
		}
	}
	return lines[max(0, len(lines)-tailLines):]
}

// listens returns the port that the replica listens on, empty when that can't be known.
func (r *replica) listens(ctx context.Context) string {
	statuses, err := r.workload.engine.supervisor.List(ctx)
	if err != nil {
		return ""
	}
	for _, s := range statuses {
		if s.ID == r.id {
			return listeningPort(s.PID)
		}
	}
	return ""
}

// listeningPort returns the first TCP port that a process or one of its children
// listens on, as /proc has it (proc(5)); empty when there is none, or no /proc.
func listeningPort(pid int) string {
	inodes := map[string]bool{}
	for _, one := range family(pid) {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", one)) // never fails for this pattern
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil {
				inodes[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
			}
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue
		}
		if port := findListening(string(data), inodes); port != "" {
			return port
		}
	}
	return ""
}

// family returns a process and all below it.
func family(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all) && len(all) < 100; i++ {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[i])) // never fails for this pattern
		for _, list := range lists {
			data, err := os.ReadFile(list)
			if err != nil {
				continue
			}
			for _, field := range strings.Fields(string(data)) {
				if child, err := strconv.Atoi(field); err == nil && !slices.Contains(all, child) {
					all = append(all, child)
				}
			}
		}
	}
	return all
}

// findListening returns the port of a listening socket with one of the inodes out of a
// table such as /proc/net/tcp.
func findListening(table string, inodes map[string]bool) string {
	const listen = "0A"
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[3] != listen || !inodes[fields[9]] {
			continue
		}
		_, hex, _ := strings.Cut(fields[1], ":")
		if port, err := strconv.ParseUint(hex, 16, 16); err == nil {
			return strconv.FormatUint(port, 10)
		}
	}
	return ""
}
