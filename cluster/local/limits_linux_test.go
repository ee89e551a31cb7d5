package local_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gondor/app"
	"gondor/cluster"
)

// limited skips a test where the engine says that sizes are not limits.
func limited(t *testing.T, engine cluster.Engine) {
	t.Helper()
	if notes := strings.Join(engine.Notes(), "\n"); strings.Contains(notes, "not enforced") {
		t.Skip(notes)
	}
}

func TestInstancesAreIsolatedFromEachOther(t *testing.T) {
	asRoot(t)
	dir := t.TempDir()
	engine, a := built(t, dir, "site-a")
	b := build(t, engine, "site-b", "true")
	runs(t, engine, one("make-a", "site-a", "instance-a", a, "echo private > $DATA_DIR/file; echo private > $HOME/file; echo private > $TMPDIR/file"))
	foreign := filepath.Join(dir, "artifacts", b.Ref, "app", "page.txt")
	for name, c := range map[string]struct {
		instance app.ID[app.Instance]
		command  string
		allowed  bool
	}{
		"its own data is its own":                {"instance-a", "cat $DATA_DIR/file", true},
		"its artifact can be read":               {"instance-a", "cat page.txt", true},
		"its artifact can't be changed":          {"instance-a", "echo changed > page.txt", false},
		"nothing can be added to its artifact":   {"instance-a", "touch new.txt", false},
		"another's data can't be read":           {"instance-b", "cat " + dir + "/data/instance-a/file", false},
		"another's home can't be read":           {"instance-b", "cat " + dir + "/home/instance-a/file", false},
		"another's temporary files can't either": {"instance-b", "cat " + dir + "/tmp/instance-a/file", false},
		"another site's artifact can't be read":  {"instance-a", "cat " + foreign, false},
		"what should run can't be read":          {"instance-a", "ls " + dir + "/workloads", false},
		"the supervisor can't be reached":        {"instance-a", "ls " + dir + "/supervisor", false},
		"the names of others can't be listed":    {"instance-a", "ls " + dir + "/data", false},
		"the cache can't be read":                {"instance-a", "ls " + dir + "/cache/site-a", false},
		"it is not root":                         {"instance-a", "test $(id -u) = 0", false},
	} {
		t.Run(name, func(t *testing.T) { tries(t, engine, c.instance, a, c.command, c.allowed) })
	}
}

func TestWhateverModesABuildLeavesItsSiteReadsAndChangesNothing(t *testing.T) {
	asRoot(t)
	engine := openLocal(t, options(t.TempDir()))
	a := build(t, engine, "site-a", "echo text > own; chmod 600 own; echo text > all; chmod 666 all; mkdir wide shut; chmod 777 wide; echo text > shut/file; chmod 700 shut")
	for name, c := range map[string]struct {
		command string
		allowed bool
	}{
		"a file for its owner alone is read":      {"cat own", true},
		"a directory for its owner alone as well": {"cat shut/file", true},
		"a file that all might write is read":     {"cat all", true},
		"and is not written":                      {"echo changed > all", false},
		"nothing is added to a directory for all": {"touch wide/new", false},
		"nothing is removed from it either":       {"rm all", false},
		"its mode is not changed":                 {"chmod 777 all", false},
		"no other passes the directory of all":    {"test $(stat -c %a .) = 750", true},
	} {
		t.Run(name, func(t *testing.T) { tries(t, engine, "instance-a", a, c.command, c.allowed) })
	}
}

func TestAnInstanceKeepsItsUserOverRestarts(t *testing.T) {
	asRoot(t)
	dir := t.TempDir()
	engine, a := built(t, dir, "site")
	_, before := runs(t, engine, one("before", "site", "instance", a, "id -u"))
	again := openLocal(t, options(dir))
	_, after := runs(t, again, one("after", "site", "instance", a, "id -u"))
	_, other := runs(t, again, one("other", "site", "other", a, "id -u"))
	if before != after || before == other {
		t.Errorf("its user was %s, then %s; another's is %s", before, after, other)
	}
}

func TestASizeLimitsMemory(t *testing.T) {
	asRoot(t)
	engine, a := built(t, t.TempDir(), "site")
	limited(t, engine)
	exit, _ := runs(t, engine, one("hungry", "site", "instance", a, "head -c 200000000 /dev/zero | tail -c 200000000 > /dev/null"))
	if exit.Code == 0 || !strings.Contains(exit.Message, "memory") {
		t.Errorf("it ended with %+v", exit)
	}
}

func TestAProcessLeavesNoCgroup(t *testing.T) {
	_, _, group := grouped(t)
	if len(cgroupPaths(t, group+"-sites")) == 0 {
		t.Fatalf("there is no cgroup %s-sites", group)
	}
	eventually(t, "its cgroup is gone", func() bool { return len(cgroupPaths(t, group+"-sites/look")) == 0 })
}

// grouped returns an engine that uses cgroups and runs, with the artifact of a site and what
// the names of its cgroups begin with.
func grouped(t *testing.T) (cluster.Engine, app.Artifact, string) {
	t.Helper()
	asRoot(t)
	engine, a := built(t, t.TempDir(), "site")
	limited(t, engine)
	observe(t, engine)
	return engine, a, groupOf(t, engine, a)
}

// groupOf is what the names of the engine's cgroups begin with.
func groupOf(t *testing.T, engine cluster.Engine, a app.Artifact) string {
	t.Helper()
	_, wrote := runs(t, engine, one("look", "site", "instance", a, "cat /proc/self/cgroup"))
	_, path, _ := strings.Cut(wrote, "/gondor-")
	name, _, found := strings.Cut(path, "-sites/")
	if !found {
		t.Fatalf("its cgroups are %q", wrote)
	}
	return "gondor-" + name
}

// cgroupPaths lists where a cgroup, or a file of one, is.
func cgroupPaths(t *testing.T, at string) []string {
	t.Helper()
	var all []string
	for _, mount := range []string{"/sys/fs/cgroup/*/", "/sys/fs/cgroup/"} {
		some, err := filepath.Glob(mount + at)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
	}
	return all
}

func TestADirectoryThatInstancesCannotReachIsRefused(t *testing.T) {
	asRoot(t)
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := cluster.Open(context.Background(), cluster.Options{Engine: cluster.Local, Local: options(filepath.Join(closed, "data"))})
	if app.CodeOf(err) != app.CodeInvalid {
		t.Errorf("the error is %v", err)
	}
}

func TestAReplicaOnAnotherPortIsToldWhichOne(t *testing.T) {
	engine, a := built(t, t.TempDir(), "site")
	told := observe(t, engine)
	w := heldWorkload(a)
	w.Program.Command = `"$GONDOR" clustertest-site 18232`
	if err := engine.Apply(context.Background(), w); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is told", func() bool {
		replicas := told.of(w.Ref).Replicas
		return len(replicas) == 1 && strings.Contains(replicas[0].Message, "but on port 18232")
	})
}
