package clustertest

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"time"

	"gondor/app"
)

// The commands of sites.
const (
	webCommand    = `"$GONDOR" ` + siteArgument + ` "$PORT"`
	workerCommand = "while true; do sleep 0.1; done"
)

// source is a tar of files.
func (b *bench) source(files map[string]string) io.Reader {
	b.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for name, contents := range files {
		b.ok(w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(contents)), Typeflag: tar.TypeReg}))
		_, err := w.Write([]byte(contents))
		b.ok(err)
	}
	b.ok(w.Close())
	return &buffer
}

// order is a build of a site with one step per command.
func order(site app.ID[app.Site], commands ...string) app.BuildOrder {
	id := app.NewID[app.Build](time.Now())
	o := app.BuildOrder{Build: id, Site: site, LogName: app.BuildLog(id), Plan: app.Plan{Language: "Procfile", Runtime: "none"}}
	for _, command := range commands {
		o.Plan.Steps = append(o.Plan.Steps, app.Step{Name: "Run " + command, Command: command})
	}
	return o
}

// artifact makes an artifact of a site, of the files of page.
func (b *bench) artifact(site app.ID[app.Site]) app.Artifact {
	b.Helper()
	if b.subject.Artifact != nil {
		return b.subject.Artifact(b.T, b.settings, site)
	}
	a, err := b.Build(context.Background(), order(site), b.source(page()))
	b.ok(err)
	return a
}

// program is a program of a new instance of a new site.
func (b *bench) program(command string) app.Program {
	b.Helper()
	site := app.NewID[app.Site](time.Now())
	return app.Program{
		Site: site, Instance: app.NewID[app.Instance](time.Now()), Artifact: b.artifact(site), Command: command,
		Size: app.Size{Name: "small", CPU: 0.25, Memory: 256 << 20},
	}
}

// web is a workload with one web replica.
func (b *bench) web() app.Workload {
	b.Helper()
	p := b.program(webCommand)
	return app.Workload{
		Ref:     app.WorkloadRef{Instance: p.Instance, Service: "web", Release: 1},
		Program: p, Kind: app.Web, Replicas: 1, Host: "site.example.com", Scheme: "https",
		Config: app.ServiceConfig{
			HealthPath: "/", HealthInterval: 50 * time.Millisecond, HealthTimeout: 10 * time.Second,
			StopTimeout: 10 * time.Second, DrainTimeout: 10 * time.Second, Strategy: app.Overlap,
		},
		LogName: app.ServiceLog(app.Service{ID: app.NewID[app.Service](time.Now()), Instance: p.Instance}),
	}
}

// worker is a workload with one replica of a command.
func (b *bench) worker(command string) app.Workload {
	b.Helper()
	w := b.web()
	w.Kind, w.Ref.Service, w.Program.Command = app.Worker, "worker", command
	return w
}

// with returns the workload with a variable.
func with(w app.Workload, key, value string) app.Workload {
	w.Program.Env = map[string]string{key: value}
	return w
}

func (b *bench) apply(w app.Workload) {
	b.Helper()
	b.ok(b.Apply(context.Background(), w))
}

// process is a one-off of a new instance.
func (b *bench) process(command string) app.Process {
	b.Helper()
	release, program := newRelease(), b.program(command)
	release.Instance = program.Instance
	return app.Process{ID: app.ProcessID("release-" + string(release.ID)), Program: program, LogName: app.ReleaseLog(release)}
}

// newRelease is a release of a new instance.
func newRelease() app.Release {
	return app.Release{ID: app.NewID[app.Release](time.Now()), Instance: app.NewID[app.Instance](time.Now())}
}

// keeping is a one-off of a new instance whose DATA_DIR lasts.
func (b *bench) keeping(command string) app.Process {
	b.Helper()
	p := b.process(command)
	p.Program.Volume = 1 << 20
	return p
}

// lines reads the texts of a log.
func (b *bench) lines(log app.LogName) []string {
	b.Helper()
	var texts []string
	for line, err := range b.Lines(context.Background(), app.LogQuery{Log: log}) {
		b.ok(err)
		texts = append(texts, line.Text)
	}
	return texts
}
