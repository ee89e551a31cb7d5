package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gondor/app"
)

const plenty = 1 << 30

func TestWhatTheKubeletTakesAwayIsKept(t *testing.T) {
	for name, happens := range map[string]func(n *node, a *Agent){
		"nothing": func(n *node, a *Agent) { n.write(5) },
		"a rotation": func(n *node, a *Agent) {
			n.write(3)
			n.look(a)
			n.rotate()
			n.write(2)
		},
		"a rotated file is packed": func(n *node, a *Agent) {
			n.write(3)
			n.look(a)
			n.pack(n.rotate())
			n.write(2)
		},
		"a packed file is removed": func(n *node, a *Agent) {
			n.write(3)
			n.look(a)
			packed := n.pack(n.rotate())
			n.write(1)
			n.look(a)
			n.must(os.Remove(packed))
			n.write(1)
		},
		"a life of the container is removed": func(n *node, a *Agent) {
			n.write(2)
			n.look(a)
			n.must(os.Remove(n.live()))
			n.life++
			n.write(3)
		},
		"the pod is removed": func(n *node, a *Agent) {
			n.write(3)
			n.look(a)
			n.rotate()
			n.write(2)
			n.look(a)
			n.removePod()
		},
		"all of that": func(n *node, a *Agent) {
			for n.life = range 3 {
				for range 4 {
					n.write(1)
					n.look(a)
					packed := n.pack(n.rotate())
					n.look(a)
					n.must(os.Remove(packed))
				}
			}
			n.removePod()
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			a := n.agent(plenty)
			happens(n, a)
			n.look(a)
			n.expects(a, 0, n.written)
			n.expects(a, 2, n.written)
			n.expects(a, n.written, n.written)
		})
	}
}

func TestAnAgentThatWasAwayFindsWhatIsLeft(t *testing.T) {
	n := newNode(t)
	n.write(2)
	n.look(n.agent(plenty))
	first := n.rotate()
	n.write(2)
	n.pack(first)
	second := n.rotate()
	n.write(2)
	n.pack(second)
	again := n.agent(plenty)
	n.look(again)
	n.expects(again, 0, 6)
	if links := n.links(); len(links) != 3 {
		t.Errorf("a file is kept twice: %q", links)
	}
	n.removePod()
	n.expects(n.agent(plenty), 1, 6)
}

func TestWhileAllIsWellNothingTakesRoom(t *testing.T) {
	n := newNode(t)
	a := n.agent(0) // nothing may be kept that the kubelet has not
	n.write(10)
	n.look(a)
	n.rotate()
	n.write(10)
	n.look(a)
	n.expects(a, 0, 20)
}

func TestBeyondTheBudgetTheOldestGoes(t *testing.T) {
	n := newNode(t)
	n.write(1)
	info, err := os.Stat(n.live())
	n.must(err)
	a := n.agent(2 * info.Size())
	for range 4 {
		n.look(a)
		n.must(os.Remove(n.rotate()))
		n.write(1)
	}
	n.look(a)
	n.expects(a, 2, 5)
	if got := n.lines(a, -1); strings.Contains(got, "line 1\n") {
		t.Errorf("more is kept than the budget allows:\n%s", got)
	}
}

func TestWhatTheControlPlaneHasIsLetGo(t *testing.T) {
	n := newNode(t)
	a := n.agent(plenty)
	for range 3 {
		n.write(2)
		n.look(a)
		n.must(os.Remove(n.rotate()))
	}
	n.write(1)
	n.look(a)
	owner := Owner{Log: "instance/01abc/service/01s", Process: n.pod.Name}
	for _, step := range []struct {
		taken, left int
	}{{0, 4}, {1, 4}, {2, 3}, {6, 1}} {
		pods := n.take(a, Taken{Owner: owner, After: at(step.taken)})
		if len(n.links()) != step.left || len(pods) != 1 || pods[0].Owner != owner {
			t.Errorf("once line %d was taken %q are left of %v; want %d of them", step.taken, n.links(), pods, step.left)
		}
	}
	if pods := n.take(a, Taken{All: true}); len(pods) != 1 {
		t.Errorf("a pod that is still there was let go")
	}
	n.removePod()
	if pods := n.take(n.agent(plenty), Taken{}); len(pods) != 1 || pods[0].Owner != owner {
		t.Errorf("another agent does not know whose lines these are: %v", pods)
	}
	if pods := n.take(a, Taken{All: true}); len(pods) != 0 || len(n.links()) != 0 {
		t.Errorf("of a pod that has gone %v is left: %q", pods, n.links())
	}
}

func TestNothingButTheOutputOfTheInstallationsProcessesIsKept(t *testing.T) {
	for name, at := range map[string]string{
		"another namespace":            "kube-system_dns_1/process/0.log",
		"a namespace of a longer name": "gondor-e2e-01abc_web_1/process/0.log",
		"Gondor's own":                 "gondor_gondor-0_1/process/0.log",
		"a directory of no pod":        "gondor-01abc_web/process/0.log",
		"another container":            "gondor-01abc_web_1/carry/0.log",
		"another file":                 "gondor-01abc_web_1/process/core",
		"one that is being packed":     "gondor-01abc_web_1/process/0.log.20260301-120000.tmp",
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			path := filepath.Join(n.root, "pods", at)
			n.must(os.MkdirAll(filepath.Dir(path), 0o755))
			n.must(os.WriteFile(path, []byte("2026-03-01T12:00:00Z stdout F secret\n"), 0o640))
			a := n.agent(plenty)
			n.look(a)
			if pods := n.take(a, Taken{}); len(pods) != 0 {
				t.Errorf("it is kept: %v", pods)
			}
		})
	}
}

func TestASymlinkIsNotFollowed(t *testing.T) {
	n := newNode(t)
	secret := filepath.Join(n.root, "secret")
	n.must(os.WriteFile(secret, []byte("2026-03-01T12:00:00Z stdout F secret\n"), 0o600))
	for name, make := range map[string]func(){
		"as a file": func() { n.must(os.Symlink(secret, n.live())) },
		"as a link kept": func() {
			n.must(os.Symlink(secret, filepath.Join(n.root, "gondor", n.pod.directory(), nameOf(at(0), false))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := n.agent(plenty)
			n.must(os.MkdirAll(filepath.Join(n.root, "gondor", n.pod.directory()), 0o700))
			make()
			n.look(a)
			if got := n.lines(a, -1); got != "" {
				t.Errorf("it gives out %q", got)
			}
		})
	}
}

func TestPiecesOfALineAreJoined(t *testing.T) {
	long := strings.Repeat("x", 3*mostEntry)
	n := newNode(t)
	a := n.agent(plenty)
	n.add("2026-03-01T12:00:00Z stdout P one, \n2026-03-01T12:00:01Z stdout P two, \n")
	n.look(a)
	n.rotate()
	n.add("2026-03-01T12:00:02Z stdout F three\nwhat is this\n2026-03-01T12:00:03Z stderr F\n")
	n.add("2026-03-01T12:00:04+01:00 stdout F " + long + "\n2026-03-01T12:00:05Z stdout F:later \ttags\n2026-03-01T12:00:06Z stdout F half a li")
	n.look(a)
	want := []string{
		"2026-03-01T12:00:00Z one, two, three", "2026-03-01T12:00:03Z ", "2026-03-01T11:00:04Z " + long,
		"2026-03-01T12:00:05Z \ttags", "",
	}
	if got := strings.Split(n.lines(a, -1), "\n"); !slices.Equal(got, want) {
		t.Errorf("the agent gives out %.300q", got)
	}
	var after strings.Builder
	n.must(a.Lines(t.Context(), n.pod.UID, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), &after))
	if got := strings.Split(after.String(), "\n"); !slices.Equal(got, want[1:]) {
		t.Errorf("of a line that is known the pieces are given out: %.300q", got)
	}
}

func TestAnAgentSaysWhereItCanNotLink(t *testing.T) {
	_, err := Open(Options{Root: t.TempDir(), Namespace: "gondor"})
	if app.CodeOf(err) != app.CodeUnavailable || !strings.Contains(err.Error(), "one file system and one mount") {
		t.Errorf("of a node without pods it says: %v", err)
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte("2026-03-01T12:00:00.123456789Z stdout F a line\n"))
	f.Add([]byte("2026-03-01T12:00:00+01:00 stderr P:x  two spaces"))
	f.Add([]byte("2026-03-01T12:00:00Z stdout F"))
	f.Add([]byte(`{"log":"of Docker\n","stream":"stdout","time":"2026-03-01T12:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseEntry(b)
		if err != nil {
			return
		}
		tag := " stdout F "
		if e.partial {
			tag = " stdout P "
		}
		again, err := parseEntry([]byte(e.time.Format(time.RFC3339Nano) + tag + string(e.text) + "\n"))
		if err != nil || !again.time.Equal(e.time) || again.partial != e.partial || string(again.text) != string(e.text) {
			t.Errorf("%q is read as %v, %q, and that as %v, %q: %v", b, e.time, e.text, again.time, again.text, err)
		}
	})
}

func TestOfAPodThatHasGoneNothingIsLeftInTheEnd(t *testing.T) {
	n := newNode(t)
	a := n.agent(0)
	n.write(3)
	n.look(a)
	n.take(a, Taken{Owner: Owner{Log: "instance/01abc/service/01s"}})
	n.removePod()
	n.look(a) // there is no room for what it wrote
	n.look(a)
	left, err := os.ReadDir(filepath.Join(n.root, "gondor"))
	if err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}
