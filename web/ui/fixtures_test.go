package ui_test

import (
	"archive/tar"
	"bytes"
	"io"
	"testing"

	"gondor/app"
)

// person makes a user.
func (w *world) person(name string) {
	w.t.Helper()
	_, err := w.CreateUser(w.ctx, w.admin, app.NewUser{Name: name, Password: password})
	must(w.t, err)
}

// site makes a site of the admin's with an instance called primary and a service called web.
func (w *world) site(name string) (app.Site, app.Instance, app.Service) {
	w.t.Helper()
	site, err := w.CreateSite(w.ctx, w.admin, app.NewSite{Name: name})
	must(w.t, err)
	instance, err := w.CreateInstance(w.ctx, w.admin, app.NewInstance{Site: site.ID, Label: "primary", Kind: app.Production})
	must(w.t, err)
	service, err := w.CreateService(w.ctx, w.admin, app.NewService{Instance: instance.ID, Name: "web", Kind: app.Web})
	must(w.t, err)
	return site, instance, service
}

// procfile is that of a site whose web process is the test binary.
const procfile = `web: "$GONDOR" clustertest-site "$PORT"` + "\n"

// build builds a site of the Procfile.
func (w *world) build(instance app.Instance, procfile string) app.Build {
	w.t.Helper()
	made, err := w.CreateBuild(w.ctx, w.admin, app.NewBuild{Instance: instance.ID, Ref: "main", SHA: "0123456789abcdef"})
	must(w.t, err)
	_, err = w.UploadBuild(w.ctx, w.admin, made.ID, packed(w.t, map[string]string{"Procfile": procfile}))
	must(w.t, err)
	eventually(w.t, "the build ends", func() bool {
		made, err = w.Build(w.ctx, w.admin, made.ID)
		must(w.t, err)
		return made.State.Ended()
	})
	return made
}

// deploy builds and releases, and returns the release when it has ended.
func (w *world) deploy(instance app.Instance, procfile string) app.Release {
	w.t.Helper()
	release, err := w.CreateRelease(w.ctx, w.admin, app.NewRelease{Instance: instance.ID, Build: w.build(instance, procfile).ID})
	must(w.t, err)
	eventually(w.t, "the release ends", func() bool {
		release, err = w.Release(w.ctx, w.admin, release.ID)
		must(w.t, err)
		return !release.State.Moving()
	})
	return release
}

// task makes a scheduled task that fails, and runs it.
func (w *world) task(instance app.Instance) (app.ScheduledTask, app.TaskRun) {
	w.t.Helper()
	task, err := w.CreateTask(w.ctx, w.admin, app.NewTask{Instance: instance.ID, Name: "nightly", TaskSettings: app.TaskSettings{
		Schedule: "30 2 * * *", Zone: "Europe/Vienna", Command: "echo good night; exit 7",
	}})
	must(w.t, err)
	run, err := w.RunTask(w.ctx, w.admin, task.ID)
	must(w.t, err)
	return task, run
}

func packed(t *testing.T, files map[string]string) io.Reader {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for name, contents := range files {
		must(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(contents)), Typeflag: tar.TypeReg}))
		_, err := io.WriteString(w, contents)
		must(t, err)
	}
	must(t, w.Close())
	return &out
}
