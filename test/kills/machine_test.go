package kills

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

// sessionsOf lists the sessions (proc_pid_stat(5)) of the machine's processes whose
// environment names the directory of an engine, as that of all it runs does.
func sessionsOf(engine string) []string {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ") // never fails for this pattern
	var sessions []string
	for _, path := range environments {
		environment, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(environment, []byte("="+engine+"/")) {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(filepath.Dir(path), "stat"))
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		sessions = append(sessions, fields[3])
	}
	return sessions
}

// cgroupsOf lists the control groups of an engine's processes, in version 2 or in the
// hierarchy of pids in version 1; nil where there are none.
func cgroupsOf(engine string) []string {
	sum := sha256.Sum256([]byte(engine))
	name := "gondor-" + hex.EncodeToString(sum[:6])
	var groups []string
	for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/pids"} {
		dirs, _ := filepath.Glob(filepath.Join(root, name, "*", "*", "cgroup.procs")) // never fails for this pattern
		for _, dir := range dirs {
			groups = append(groups, filepath.Base(filepath.Dir(dir)))
		}
	}
	return groups
}
