package local

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// cpuTime returns what the processes of a group, those that have ended too, have used of all
// CPUs since it was made; false where that is not known.
func (c *cgroups) cpuTime(group string) (time.Duration, bool) {
	if c.name == "" {
		return 0, false
	}
	text, err := os.ReadFile(filepath.Join(c.roots["cpuacct"], c.at(group), c.either("cpuacct.usage", "cpu.stat")))
	if err != nil {
		return 0, false
	}
	unit := time.Nanosecond
	if c.two {
		// The first line of cpu.stat is "usage_usec N".
		first, _, _ := bytes.Cut(text, []byte("\n"))
		text, unit = bytes.TrimPrefix(first, []byte("usage_usec ")), time.Microsecond
	}
	count, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return time.Duration(count) * unit, err == nil
}
