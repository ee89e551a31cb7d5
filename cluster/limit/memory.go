package limit

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// MemoryKills is how many processes of the container the kernel has killed for its memory
// limit, as its cgroup counts them (Linux admin-guide/cgroup-v2 and v1/memory); 0 when that
// can't be known.
func MemoryKills(cgroups string) int64 {
	for _, name := range []string{"memory.events", "memory/memory.oom_control"} {
		text, err := os.ReadFile(filepath.Join(cgroups, name))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			count, found := strings.CutPrefix(line, "oom_kill ")
			if n, err := strconv.ParseInt(strings.TrimSpace(count), 10, 64); found && err == nil {
				return n
			}
		}
	}
	return 0
}
