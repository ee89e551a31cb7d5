package local_test

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gondor/app"
	"gondor/cluster"
)

// asRoot skips a test of what only root can do.
func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("users of their own and limits take root")
	}
}

// limited skips a test where the engine says that sizes are not limits.
func limited(t *testing.T, engine cluster.Engine) {
	t.Helper()
	if notes := strings.Join(engine.Notes(), "\n"); strings.Contains(notes, "not enforced") {
		t.Skip(notes)
	}
}

// built builds a site of one file, and returns the engine with the artifact.
func built(t *testing.T, dir string, site app.ID[app.Site]) (cluster.Engine, app.Artifact) {
	t.Helper()
	engine := openLocal(t, options(dir))
	return engine, build(t, engine, site, "true")
}

func build(t *testing.T, engine cluster.Engine, site app.ID[app.Site], command string) app.Artifact {
	t.Helper()
	order := orderOf("build-of-"+app.ID[app.Build](site), command)
	order.Site = site
	a, err := engine.Build(context.Background(), order, sourceOf(t))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// orderOf is a build of one step, of a site of its own.
func orderOf(id app.ID[app.Build], command string) app.BuildOrder {
	return app.BuildOrder{
		Build: id, Site: app.ID[app.Site](id), LogName: app.LogName("build/" + string(id)),
		Plan: app.Plan{Steps: []app.Step{{Name: "Run", Command: command}}},
	}
}

// sourceOf is a source of one file.
func sourceOf(t *testing.T) *bytes.Buffer {
	t.Helper()
	var source bytes.Buffer
	w := tar.NewWriter(&source)
	if err := w.WriteHeader(&tar.Header{Name: "page.txt", Mode: 0o644, Size: 5, Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &source
}

// one is a one-off of an instance of a site.
func one(id app.ProcessID, site app.ID[app.Site], instance app.ID[app.Instance], a app.Artifact, command string) app.Process {
	return app.Process{
		ID: id, LogName: app.LogName("release/" + string(id)),
		Program: app.Program{
			Site: site, Instance: instance, Artifact: a, Command: command,
			Size: app.Size{Name: "tiny", CPU: 0.5, Memory: 32 << 20},
		},
	}
}

// runs starts a process, waits for it and returns its end and what it wrote.
func runs(t *testing.T, engine cluster.Engine, p app.Process) (app.Exit, string) {
	t.Helper()
	if err := engine.Start(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	exit, err := engine.Wait(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for line, err := range engine.Lines(context.Background(), app.LogQuery{Log: p.LogName}) {
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, line.Text)
	}
	return exit, strings.Join(texts, "\n")
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
		t.Run(name, func(t *testing.T) {
			id := app.ProcessID(strings.NewReplacer(" ", "-", "'", "").Replace(name))
			exit, wrote := runs(t, engine, one(id, "site-a", c.instance, a, c.command))
			if (exit.Code == 0) != c.allowed {
				t.Errorf("it ended with %+v and wrote %q", exit, wrote)
			}
		})
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
		t.Run(name, func(t *testing.T) {
			id := app.ProcessID(strings.NewReplacer(" ", "-", "'", "").Replace(name))
			exit, wrote := runs(t, engine, one(id, "site-a", "instance-a", a, c.command))
			if (exit.Code == 0) != c.allowed {
				t.Errorf("it ended with %+v and wrote %q", exit, wrote)
			}
		})
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
	asRoot(t)
	engine, a := built(t, t.TempDir(), "site")
	limited(t, engine)
	observe(t, engine)
	_, wrote := runs(t, engine, one("look", "site", "instance", a, "cat /proc/self/cgroup"))
	_, path, _ := strings.Cut(wrote, "/gondor-")
	name, _, _ := strings.Cut(path, "/")
	groups, err := filepath.Glob("/sys/fs/cgroup/*/gondor-" + name + "/sites")
	if two, _ := filepath.Glob("/sys/fs/cgroup/gondor-" + name + "/sites"); len(groups)+len(two) == 0 || err != nil {
		t.Fatalf("there is no cgroup for %q: %v", wrote, err)
	}
	eventually(t, "its cgroup is gone", func() bool {
		one, _ := filepath.Glob("/sys/fs/cgroup/*/gondor-" + name + "/sites/look")
		two, _ := filepath.Glob("/sys/fs/cgroup/gondor-" + name + "/sites/look")
		return len(one)+len(two) == 0
	})
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
