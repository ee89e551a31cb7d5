package local_test

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
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
	return exit, logged(t, engine, p.LogName)
}

// tries runs a command of an instance of site-a, named after the test, and checks whether
// it can.
func tries(t *testing.T, engine cluster.Engine, instance app.ID[app.Instance], a app.Artifact, command string, allowed bool) {
	t.Helper()
	_, name, _ := strings.Cut(t.Name(), "/")
	id := app.ProcessID(strings.NewReplacer("_", "-", "'", "").Replace(name))
	exit, wrote := runs(t, engine, one(id, "site-a", instance, a, command))
	if (exit.Code == 0) != allowed {
		t.Errorf("it ended with %+v and wrote %q", exit, wrote)
	}
}

// logged is what a log has, line by line.
func logged(t *testing.T, engine cluster.Engine, log app.LogName) string {
	t.Helper()
	var texts []string
	for line, err := range engine.Lines(context.Background(), app.LogQuery{Log: log}) {
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, line.Text)
	}
	return strings.Join(texts, "\n")
}
