package web

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/web/api"
)

// deployed is a world in which ada's shop has been deployed by the client.
func deployed(t *testing.T) (*world, *api.Client, api.Instance, api.Service) {
	t.Helper()
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	w.run()
	c := w.client("ada")
	ctx := t.Context()
	site, err := c.CreateSite(ctx, api.NewSite{Name: "shop"})
	must(t, err)
	instance, err := c.CreateInstance(ctx, api.NewInstance{Site: site.URL, Label: "primary", Kind: app.Production})
	must(t, err)
	service, err := c.CreateService(ctx, api.NewService{Instance: instance.URL, Name: "web", Kind: app.Web})
	must(t, err)
	build, err := c.CreateBuild(ctx, api.NewBuild{Site: site.URL, Instance: instance.URL, Ref: "main", SHA: "0123abcd"})
	must(t, err)
	endpoint, err := c.UploadSource(ctx, build.URL, bytes.NewReader(source(t)))
	must(t, err)
	var output bytes.Buffer
	exit, err := c.Attach(ctx, endpoint, app.Streams{Stdout: &output})
	if err != nil || exit.Code != 0 || !strings.Contains(output.String(), "built") {
		t.Fatalf("the build ended with %v, %v: %s", exit, err, &output)
	}
	_, err = c.CreateRelease(ctx, api.NewRelease{Instance: instance.URL, Build: build.URL})
	must(t, err)
	eventually(t, "the service runs", func() bool {
		service, err = c.FindService(ctx, instance.URL, "web")
		must(t, err)
		return service.State == app.ServiceRunning
	})
	return w, c, instance, service
}

func source(t *testing.T) []byte {
	var b bytes.Buffer
	archive := tar.NewWriter(&b)
	must(t, archive.WriteHeader(&tar.Header{Name: "Procfile", Mode: 0o644, Size: 10}))
	_, err := archive.Write([]byte("web: serve"))
	must(t, err)
	must(t, archive.Close())
	return b.Bytes()
}

func TestTheClientDeploysAndLooksAround(t *testing.T) {
	_, c, instance, service := deployed(t)
	ctx := t.Context()
	if service.Release != 1 || service.HealthyReplicas != 1 || service.WebURL == nil {
		t.Errorf("service %+v", service)
	}
	now, err := api.Get[api.Instance](ctx, c, instance.URL)
	if err != nil || now.State != app.ServiceRunning || now.WebURL == "" {
		t.Errorf("instance %+v: %v", now, err)
	}
	releases, err := c.Releases(ctx, instance.URL)
	if err != nil || len(releases) != 1 || releases[0].SHA != "0123abcd" || releases[0].Creator != "ada" {
		t.Errorf("releases %+v: %v", releases, err)
	}
	builds, err := c.Builds(ctx, api.BuildFilter{Instance: instance.URL, Limit: 1})
	if err != nil || len(builds) != 1 || builds[0].State != app.BuildSucceeded || builds[0].Processes["web"] != "serve" {
		t.Errorf("builds %+v: %v", builds, err)
	}
	if _, err := c.Rollback(ctx, api.NewRollback{Instance: instance.URL}); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("rolling back to nothing: %v", err)
	}
	var lines []string
	for line, err := range c.Log(ctx, builds[0].URL, api.LogQuery{Follow: true}) {
		must(t, err)
		lines = append(lines, line.Text)
	}
	if !strings.Contains(strings.Join(lines, "\n"), "built") {
		t.Errorf("log %q", lines)
	}
}

func TestTheClientDeploysAnImage(t *testing.T) {
	w, c, instance, _ := deployed(t)
	ctx := t.Context()
	for _, one := range []struct {
		image string
		state app.BuildState
		code  app.Code // of a release of it
	}{
		{"example.com/shop:2", app.BuildSucceeded, ""},
		{"example.com/missing", app.BuildFailed, app.CodeConflict},
	} {
		build, err := c.CreateBuild(ctx, api.NewBuild{Site: instance.Site, Instance: instance.URL, Image: one.image})
		must(t, err)
		endpoint, err := c.AttachBuild(ctx, build.URL)
		must(t, err)
		_, err = c.Attach(ctx, endpoint, app.Streams{})
		must(t, err)
		build, err = api.Get[api.Build](ctx, c, build.URL)
		if err != nil || build.State != one.state || build.Image != one.image {
			t.Errorf("%s: the build is %+v, %v", one.image, build, err)
		}
		if _, err := c.CreateRelease(ctx, api.NewRelease{Instance: instance.URL, Build: build.URL}); app.CodeOf(err) != one.code {
			t.Errorf("%s: its release: %v", one.image, err)
		}
	}
	eventually(t, "the image's command runs without a shell", func() bool {
		return w.engine.runs(func(w app.Workload) bool { return slices.Equal(w.Program.Argv, []string{"serve", "all"}) })
	})
}

func TestTheClientSetsAndUnsetsVariables(t *testing.T) {
	w, c, instance, _ := deployed(t)
	ctx, one := t.Context(), "1"
	owner := api.VariableOwner{Instance: instance.URL}
	set, err := c.SetVariables(ctx, []api.NewVariable{
		{Instance: instance.URL, Key: "A", Value: &one}, {Instance: instance.URL, Key: "TOKEN", Value: &one, Build: true},
	})
	if err != nil || len(set) != 2 || !set[1].Build || set[0].Value != "1" {
		t.Fatalf("set %+v: %v", set, err)
	}
	_, err = c.SetVariables(ctx, []api.NewVariable{{Instance: instance.URL, Key: "A"}})
	must(t, err)
	must(t, c.Delete(ctx, set[1].URL))
	left, err := c.Variables(ctx, owner)
	if err != nil || len(left) != 0 {
		t.Errorf("left %+v: %v", left, err)
	}
	_, err = c.SetVariables(ctx, []api.NewVariable{{Instance: instance.URL, Key: "9", Value: &one}})
	var fault *app.Error
	if !errors.As(err, &fault) || fault.Code != app.CodeInvalid || fault.Field != "key" {
		t.Errorf("a bad key: %v", err)
	}
	if strings.Contains(w.logs.String(), "TOKEN") {
		t.Error("a variable is logged")
	}
}

func TestTheClientRunsAProcess(t *testing.T) {
	_, c, _, service := deployed(t)
	for _, one := range []struct {
		command, stdin, stdout, stderr string
		code                           int
	}{
		{"cat; echo err >&2", "in", "in", "err\n", 0},
		{"exit 3", "", "", "", 3},
		{"head -c 3000000 /dev/zero | tr '\\0' x; exit 7", "", strings.Repeat("x", 3000000), "", 7},
	} {
		endpoint, err := c.Run(t.Context(), service.URL, api.NewRun{Command: one.command})
		must(t, err)
		var stdout, stderr bytes.Buffer
		exit, err := c.Attach(t.Context(), endpoint, app.Streams{Stdin: strings.NewReader(one.stdin), Stdout: &stdout, Stderr: &stderr})
		if err != nil || exit.Code != one.code || stdout.String() != one.stdout || stderr.String() != one.stderr {
			t.Errorf("%s: %v, %v, %d bytes, %q", one.command, exit, err, stdout.Len(), &stderr)
		}
		if _, err := c.Attach(bounded(t, 200*time.Millisecond), endpoint, app.Streams{}); err == nil {
			t.Error("an endpoint can be joined twice")
		}
	}
}

func TestTheClientLeavesAProcess(t *testing.T) {
	_, c, _, service := deployed(t)
	endpoint, err := c.Run(t.Context(), service.URL, api.NewRun{Command: "echo ready; exec sleep 600"})
	must(t, err)
	ctx, leave := context.WithCancel(t.Context())
	read, write := io.Pipe()
	go func() {
		_, _ = read.Read(make([]byte, 6))
		leave()
	}()
	if _, err := c.Attach(ctx, endpoint, app.Streams{Stdout: write}); !errors.Is(err, context.Canceled) {
		t.Errorf("leaving: %v", err)
	}
}

func bounded(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestTheClientSeesWhatChanges(t *testing.T) {
	_, c, instance, service := deployed(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	changed := make(chan api.Event)
	var following sync.WaitGroup
	following.Go(func() {
		for event, err := range c.Events(ctx, instance.URL) {
			if err != nil {
				return
			}
			select {
			case changed <- event:
			case <-ctx.Done():
				return
			}
		}
	})
	replicas := 1
	eventually(t, "the change of the service is told", func() bool {
		replicas++
		_, err := c.UpdateService(ctx, service.URL, api.ServiceUpdate{DesiredReplicas: &replicas})
		must(t, err)
		select {
		case event := <-changed:
			return event.Noun == "service" && event.URL == service.URL && event.Instance != nil && *event.Instance == instance.URL
		case <-time.After(200 * time.Millisecond):
			return false
		}
	})
	stop()
	following.Wait()
}

func TestTheClientRenewsItsTokenOnce(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	at, _ := url.Parse(w.server.URL)
	tokens := &api.MemoryTokens{}
	c := api.NewClient(api.Options{URL: at, Tokens: tokens})
	defer c.Close()
	grant, err := c.SignIn(t.Context(), "ada", password)
	must(t, err)
	must(t, tokens.Save(t.Context(), api.Grant{AccessToken: "expired", RefreshToken: grant.RefreshToken}))
	var all sync.WaitGroup
	for range 10 { // a refresh token is good for one renewal
		all.Go(func() {
			if me, err := c.Me(t.Context()); err != nil || me.Username != "ada" {
				t.Errorf("me is %+v: %v", me, err)
			}
		})
	}
	all.Wait()
	must(t, c.SignOut(t.Context()))
	if _, err := c.Me(t.Context()); app.CodeOf(err) != app.CodeUnauthenticated {
		t.Errorf("signed out: %v", err)
	}
}

func TestAnUploadIsRefusedBeforeItIsSent(t *testing.T) {
	w := thaw(t, freeze(t, (*world).estate))
	c := w.client("viewer")
	build := api.Reference(w.server.URL + "/v2/builds/" + string(idIn[app.Build]("own", "waiting build")) + "/")
	source := &endless{}
	_, err := c.UploadSource(t.Context(), build, source)
	if app.CodeOf(err) != app.CodeForbidden || source.read != 0 {
		t.Errorf("after %d bytes: %v", source.read, err)
	}
}

// endless is a source without an end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

func TestTheWireIsLoggedWithoutSecrets(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	at, _ := url.Parse(w.server.URL)
	log := &safeBuffer{}
	c := api.NewClient(api.Options{URL: at, LogHTTP: log, Name: "gondor 9.9"})
	defer c.Close()
	grant, err := c.SignIn(t.Context(), "ada", password)
	must(t, err)
	site, err := c.CreateSite(t.Context(), api.NewSite{Name: "shop"})
	must(t, err)
	value := "hunter2"
	_, err = c.SetVariables(t.Context(), []api.NewVariable{{Site: site.URL, Key: "NAME", Value: &value}})
	must(t, err)
	for _, secret := range []string{grant.AccessToken, grant.RefreshToken, password, value} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, want := range []string{"> POST " + w.server.URL + "/v2/sites/", "X-Gondor-Client: gondor 9.9", `"name":"shop"`, "< 201 Created"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q:\n%s", want, log)
		}
	}
}
