package kube_test

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
	"gondor/cluster/clustertest"
	"gondor/cluster/kube"
	"gondor/test/kube/world"
)

// workshop is an engine that builds, with a base image of more than the plain one.
type workshop struct {
	*testing.T
	*kube.Engine
	subject *subject
	options kube.Options
}

func newWorkshop(t *testing.T, bases map[string]string) *workshop {
	t.Helper()
	t.Parallel()
	s := newSubject(t)
	settings := clustertest.Settings{Dir: t.TempDir(), BuildTime: 5 * time.Minute, BuildDisk: 1 << 30}
	w := &workshop{T: t, subject: s, options: s.options(t, settings)}
	for runtime, name := range bases {
		base, err := s.registry.Base(t.Context(), name)
		w.ok(err)
		w.options.Bases[runtime] = kube.Base{Build: base}
	}
	var err error
	w.Engine, err = kube.Open(t.Context(), w.options)
	w.ok(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Engine.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		w.ok(<-ended)
		s.remove(context.Background(), t, w.options.Namespace)
	})
	return w
}

func (w *workshop) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func page(t *testing.T) io.Reader {
	t.Helper()
	var b bytes.Buffer
	files := tar.NewWriter(&b)
	err := files.WriteHeader(&tar.Header{Name: "page.txt", Mode: 0o644, Size: 6})
	if err == nil {
		_, err = files.Write([]byte("hello\n"))
	}
	if err == nil {
		err = files.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return &b
}

func newOrder(runtime string, commands ...string) app.BuildOrder {
	id := app.NewID[app.Build](time.Now())
	o := app.BuildOrder{Build: id, Site: app.NewID[app.Site](time.Now()), LogName: app.BuildLog(id), Plan: app.Plan{Language: runtime, Runtime: runtime}}
	for _, command := range commands {
		o.Plan.Steps = append(o.Plan.Steps, app.Step{Name: "Run " + command, Command: command})
	}
	return o
}

func (w *workshop) log(name app.LogName) string {
	w.Helper()
	var texts []string
	for line, err := range w.options.Logs.Lines(w.Context(), app.LogQuery{Log: name}) {
		w.ok(err)
		texts = append(texts, string(line.Stream)+" "+line.Text)
	}
	return strings.Join(texts, "\n")
}

func TestABuildRunsInAPodAndItsArtifactIsAnImage(t *testing.T) {
	w := newWorkshop(t, nil)
	o := newOrder("none", "id -u; cat page.txt; echo aside >&2; touch /nowhere || true")
	began := time.Now()
	made, err := w.Build(t.Context(), o, page(t))
	w.ok(err)
	t.Logf("built in %s", time.Since(began))
	if !strings.HasPrefix(made.Ref, w.options.Registry.Host+"/site/"+string(o.Site)+"@sha256:") || made.Size <= 0 {
		t.Errorf("the artifact is %+v", made)
	}
	text := w.log(o.LogName)
	for _, line := range []string{"gondor -----> Run id -u", "stdout 10001", "stdout hello", "stderr aside", "Read-only file system"} {
		if !strings.Contains(text, line) {
			t.Errorf("the log lacks %q: %s", line, text)
		}
	}
	began = time.Now()
	again, err := w.Build(t.Context(), o, page(t))
	if err != nil || again != made {
		t.Errorf("built again it is %+v, %v", again, err)
	}
	t.Logf("found in %s", time.Since(began))
	pods, err := w.subject.world.Client.CoreV1().Pods(w.options.Namespace+"-builds").List(t.Context(), meta.ListOptions{})
	w.ok(err)
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp == nil {
			t.Errorf("the pod %s is left", pod.Name)
		}
	}
}

func TestABuildThatUsesTooMuchMemoryIsToldSo(t *testing.T) {
	w := newWorkshop(t, nil)
	w.options.Limits.Memory = 64 << 20
	var err error
	w.Engine, err = kube.Open(t.Context(), w.options)
	w.ok(err)
	go func() { _ = w.Engine.Run(t.Context()) }() // ends with the test
	_, err = w.Build(t.Context(), newOrder("none", `head -c 400000000 /dev/zero | tr '\0' x | sort > sorted`), page(t))
	if app.CodeOf(err) != app.CodeFailed || !strings.Contains(err.Error(), "memory") {
		t.Errorf("the error is %v", err)
	}
}

func TestTheLanguagesOfBaseImagesAreFound(t *testing.T) {
	world.Long(t)
	w := newWorkshop(t, map[string]string{"python": "python", "node": "node", "go": "debian"}) // no Go
	began := time.Now()
	found, err := w.Runtimes(t.Context())
	w.ok(err)
	took := time.Since(began)
	t.Logf("%+v after %s", found, took)
	names := map[string]bool{}
	for _, r := range found {
		names[r.Name] = true
	}
	if !names["python"] || !names["node"] || !names["npm"] || names["go"] {
		t.Errorf("found %+v", found)
	}
	began = time.Now()
	if _, err := w.Runtimes(t.Context()); err != nil || time.Since(began) > took/2 {
		t.Errorf("asked again after %s: %v", time.Since(began), err)
	}
	both := newOrder("python", "true")
	both.Plan.Needs = []string{"node", "python"}
	_, err = w.Build(t.Context(), both, page(t))
	if err != nil && !strings.Contains(err.Error(), "no base image of this Gondor has all of them") {
		t.Errorf("the error is %v", err)
	}
}
