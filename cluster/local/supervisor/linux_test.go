//go:build linux

package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// cgroup makes a cgroup of a controller, of version 2 when the controller is "", or skips.
func cgroup(t *testing.T, controller string) string {
	t.Helper()
	parent := filepath.Join("/sys/fs/cgroup", controller)
	if controller == "" {
		parent = unified()
	}
	dir := filepath.Join(parent, fmt.Sprintf("gondor-test-%d", os.Getpid()))
	if _, err := cgroupVersion(parent); err != nil || os.Geteuid() != 0 {
		t.Skipf("needs root and the cgroups of %s: %v", parent, err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("needs cgroups that can be made: %v", err)
	}
	t.Cleanup(func() {
		eventually(t, "the cgroup is empty", func() bool { return os.Remove(dir) == nil })
	})
	return dir
}

// unified is where version 2 is mounted.
func unified() string {
	if version, err := cgroupVersion("/sys/fs/cgroup/unified"); err == nil && version == 2 {
		return "/sys/fs/cgroup/unified"
	}
	return "/sys/fs/cgroup"
}

func TestAProcessIsBornInItsCgroupsAndNothingIsLeftInThem(t *testing.T) {
	tests := map[string][]string{
		"one of version 2":        {""},
		"some of version 1":       {"memory", "cpu"},
		"some of both versions":   {"memory", "cpu", ""},
		"one of version 1, again": {"pids"},
	}
	for name, controllers := range tests {
		t.Run(name, func(t *testing.T) {
			var dirs []string
			for _, one := range controllers {
				dirs = append(dirs, cgroup(t, one))
			}
			c := launch(t, t.TempDir())
			path := filepath.Join(t.TempDir(), "pid")
			s := sh("p", "setsid sleep 600 & echo $! > "+path+"; cat /proc/self/cgroup; exit 0")
			s.Cgroups, s.Log, s.Nice = dirs, "service/p", 5
			start(t, c, s)
			if exit := wait(t, c, "p"); exit.Code != 0 {
				t.Fatalf("it ended with %+v", exit)
			}
			got := strings.Join(logTexts(t, c, s.Log), "\n")
			if strings.Count(got, "/"+filepath.Base(dirs[0])) != len(dirs) {
				t.Fatalf("it was born in\n%s", got)
			}
			if running(number(t, path)) {
				t.Fatal("a grandchild that left the session still runs")
			}
			own, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", supervisorPID(t, c)))
			if err != nil || strings.Contains(string(own), "gondor-test") {
				t.Fatalf("the supervisor is in\n%s%v", own, err)
			}
		})
	}
}

func TestAProcessThatIsKilledForItsMemorySaysSo(t *testing.T) {
	dir := cgroup(t, "memory")
	limit := filepath.Join(dir, "memory.limit_in_bytes")
	if err := os.WriteFile(limit, []byte("20971520"), 0); err != nil {
		t.Skip(err)
	}
	c := launch(t, t.TempDir())
	s := sh("p", "exec head -c 200000000 /dev/zero | tail")
	s.Cgroups, s.MemoryLimit = []string{dir}, 20<<20
	start(t, c, s)
	if exit := wait(t, c, "p"); exit.Message != "killed: it used more than 20 MB of memory" {
		t.Fatalf("it ended with %+v", exit)
	}
}

func TestAMissingCgroupKeepsAProcessFromStarting(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "exit 0")
	s.Cgroups = []string{"/sys/fs/cgroup/no-such-group"}
	start(t, c, s)
	if exit := wait(t, c, "p"); exit.Code == 0 || !strings.Contains(exit.Message, "no-such-group") {
		t.Fatalf("it ended with %+v", exit)
	}
}

func TestAProcessRunsAsItsUserWithinItsLimits(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	c := launch(t, t.TempDir())
	s := sh("p", "id -u; id -g; id -G; nice; echo direct > /dev/stdout; ulimit -n; ulimit -u 2>/dev/null || ulimit -p")
	s.UID, s.GID, s.Groups, s.Nice, s.NoFile, s.NProc, s.Log = 12345, 23456, []int{34567}, 7, 100, 50, "service/p"
	start(t, c, s)
	wait(t, c, "p")
	want := []string{"stdout 12345", "stdout 23456", "stdout 23456 34567", "stdout 7", "stdout direct", "stdout 100", "stdout 50"}
	if got := logTexts(t, c, s.Log); !slices.Equal(got, want) {
		t.Fatalf("it says %q and ended with %+v", got, wait(t, c, "p"))
	}
	if nice, err := unix.Getpriority(unix.PRIO_PROCESS, supervisorPID(t, c)); err != nil || nice != 20 {
		t.Fatalf("the supervisor's own priority is %d, %v", 20-nice, err)
	}
}

func TestAProcessThatSparesACPULeavesTheFirstToOthers(t *testing.T) {
	c := launch(t, t.TempDir())
	own, other := sh("own", "nproc"), sh("other", "nproc")
	own.Log, other.Log, other.SpareCPU = "service/own", "service/other", true
	start(t, c, other)
	wait(t, c, "other")
	start(t, c, own)
	wait(t, c, "own")
	want := max(runtime.NumCPU()-1, 1)
	if got := logTexts(t, c, other.Log); !slices.Equal(got, []string{fmt.Sprintf("stdout %d", want)}) {
		t.Errorf("it says %q and not %d", got, want)
	}
	if got := logTexts(t, c, own.Log); !slices.Equal(got, []string{fmt.Sprintf("stdout %d", runtime.NumCPU())}) {
		t.Errorf("one that spares none says %q", got)
	}
}

func TestTheProcessesOfAnIdleSupervisorCostLittle(t *testing.T) {
	c := launch(t, t.TempDir())
	start(t, c, sh("p", "exec sleep 600"))
	pid := supervisorPID(t, c)
	threads := func() int {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		must(t, err)
		return len(entries)
	}
	before := threads()
	for i := range 50 {
		start(t, c, sh(fmt.Sprint("p", i), "exec sleep 600"))
	}
	if after := threads(); after > before+20 {
		t.Fatalf("%d threads became %d", before, after)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add("1 (a) b) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 42 5 6")
	f.Add("")
	f.Fuzz(func(t *testing.T, line string) {
		if s, err := parseStat(line); err == nil && (s.state == "" || s.started == "") {
			t.Fatalf("%q gave %+v", line, s)
		}
	})
}

func TestWhatEndsInTheMomentThatAnotherProgramTakesTheSupervisorsPlaceIsReaped(t *testing.T) {
	c := launch(t, t.TempDir())
	s := sh("p", "echo hello; exec sleep 600")
	s.Log = "service/p"
	start(t, c, s)
	pid := status(t, c, "p").PID
	replace(t, c, killFirst+fmt.Sprint(pid))
	if exit := wait(t, c, "p"); exit.Message != "killed by SIGKILL" {
		t.Errorf("it ended with %+v", exit)
	}
	if got := logTexts(t, c, "service/p"); len(got) != 1 || got[0] != "stdout hello" {
		t.Errorf("the log is %q", got)
	}
}
