package clustertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gondor/app"
)

// page is a source of one file.
func page() map[string]string { return map[string]string{"page.txt": "hello\n"} }

// keeps is the setting of a test that calls Keep.
func keeps(s *Settings) { s.Keeps = true }

// inArtifact runs a command in an artifact and compares what it writes.
func (b *bench) inArtifact(a app.Artifact, command, want string) {
	b.Helper()
	release := newRelease()
	p := app.Process{ID: app.ProcessID("release-" + string(release.ID)), LogName: app.ReleaseLog(release)}
	p.Program = app.Program{
		Site: b.site, Instance: release.Instance, Artifact: a, Command: command,
		Size: app.Size{Name: "small", CPU: 0.25, Memory: 256 << 20},
	}
	b.runs(p, want)
}

func testBuilds(t *testing.T, subject Subject) {
	t.Run("steps run in order on the source, and the result can run", func(t *testing.T) {
		b := newBench(t, subject)
		o := order(b.site, "touch $TMPDIR/file && cat page.txt > made.txt && echo first", "echo $MADE >> made.txt; cat made.txt")
		o.Plan.Steps[1].Env = map[string]string{"MADE": "in ${APP}"}
		a, err := b.Build(context.Background(), o, b.source(page()))
		b.ok(err)
		if a.Ref == "" || a.Size <= 0 {
			t.Errorf("the artifact is %+v", a)
		}
		b.inArtifact(a, "head -1 made.txt", "hello")
		lines := b.lines(o.LogName)
		first, second := slices.Index(lines, "first"), slices.Index(lines, "hello")
		if first < 1 || second <= first || !strings.Contains(lines[0], o.Plan.Steps[0].Name) {
			t.Errorf("the log is %q", lines)
		}
	})
	t.Run("building the same again gives the same and runs nothing", func(t *testing.T) {
		b := newBench(t, subject)
		o := order(b.site, "echo once")
		a, err := b.Build(context.Background(), o, b.source(page()))
		b.ok(err)
		b.restart()
		again, err := b.Build(context.Background(), o, b.source(page()))
		b.ok(err)
		if count := strings.Count(strings.Join(b.lines(o.LogName), "\n"), "once\n"); a != again || count > 1 {
			t.Errorf("%+v was built, then %+v; the log is %q", a, again, b.lines(o.LogName))
		}
	})
	t.Run("a site's builds share a cache", func(t *testing.T) {
		b := newBench(t, subject)
		for _, want := range []string{"0", "1"} {
			o := order(b.site, "ls $SHARED | wc -l > count; touch $SHARED/file")
			o.Plan.Steps[0].Env = map[string]string{"SHARED": "${CACHE}/shared"}
			o.Plan.Steps[0].Command = "mkdir -p $SHARED; " + o.Plan.Steps[0].Command
			a, err := b.Build(context.Background(), o, b.source(page()))
			b.ok(err)
			b.inArtifact(a, "cat count", want)
		}
	})
	t.Run("artifacts that nobody wants are removed", func(t *testing.T) {
		b := newBench(t, subject, keeps)
		w, other := b.web(), b.web()
		kept := order(w.Program.Site)
		var err error
		w.Program.Artifact, err = b.Build(context.Background(), kept, b.source(page()))
		b.ok(err)
		b.ok(b.Keep(context.Background(), time.Now().Add(time.Minute), []app.ID[app.Build]{kept.Build}, []app.ID[app.Site]{w.Program.Site}))
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
		b.refused(b.Apply(context.Background(), other), app.CodeNotFound)
	})
	t.Run("artifacts that came after the lists were made are left alone", func(t *testing.T) {
		b := newBench(t, subject, keeps)
		w := b.web()
		b.ok(b.Keep(context.Background(), time.Now().Add(-time.Minute), nil, []app.ID[app.Site]{w.Program.Site}))
		b.apply(w)
		b.awaitHealthy(w.Ref, 1)
	})
	t.Run("runtimes have a name, a version and a path", func(t *testing.T) {
		b := newBench(t, subject)
		runtimes, err := b.Runtimes(context.Background())
		b.ok(err)
		for _, r := range runtimes {
			if r.Name == "" || !strings.Contains(r.Version, ".") || !strings.HasPrefix(r.Path, "/") {
				t.Errorf("there is %+v", r)
			}
		}
	})
}

func testFailedBuilds(t *testing.T, subject Subject) {
	t.Run("a step that fails is named with its last lines, and nothing is kept", func(t *testing.T) {
		b := newBench(t, subject)
		o := order(b.site, "echo no such package; exit 4", "echo never")
		_, err := b.Build(context.Background(), o, b.source(page()))
		b.refused(err, app.CodeFailed)
		for _, part := range []string{o.Plan.Steps[0].Name, "4", "no such package"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("the error %q lacks %q", err, part)
			}
		}
		if slices.Contains(b.lines(o.LogName), "never") {
			t.Error("the next step ran")
		}
		o.Plan.Steps = nil
		if _, err := b.Build(context.Background(), o, b.source(page())); err != nil {
			t.Errorf("building it anew: %v", err)
		}
	})
	t.Run("a build that is cancelled stops", func(t *testing.T) {
		b := newBench(t, subject)
		o := order(b.site, "echo begun; sleep 1000")
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() {
			_, err := b.Build(ctx, o, b.source(page()))
			ended <- err
		}()
		b.eventually("it has begun", func() bool { return slices.Contains(b.lines(o.LogName), "begun") })
		_, err := b.Build(ctx, o, b.source(page()))
		b.refused(err, app.CodeConflict)
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Run("a build that takes too long is stopped", func(t *testing.T) {
		b := newBench(t, subject, func(s *Settings) { s.BuildTime = time.Second })
		_, err := b.Build(context.Background(), order(b.site, "sleep 1000"), b.source(page()))
		b.refused(err, app.CodeFailed)
		if !strings.Contains(err.Error(), "took longer than") {
			t.Errorf("the error is %q", err)
		}
	})
	t.Run("a build that takes too much disk is stopped", func(t *testing.T) {
		b := newBench(t, subject, func(s *Settings) { s.BuildDisk = 8 << 20 })
		_, err := b.Build(context.Background(), order(b.site, "head -c 20000000 /dev/zero > big; sync big; sleep 1000"), b.source(page()))
		b.refused(err, app.CodeFailed)
		if !strings.Contains(err.Error(), "of disk") {
			t.Errorf("the error is %q", err)
		}
	})
}

func testVariables(t *testing.T, subject Subject) {
	const token = "s3cret/t0ken"
	with := func(b *bench, commands ...string) app.BuildOrder {
		o := order(b.site, commands...)
		o.Variables = map[string]string{"TOKEN": token, "INDEX": "https://me:pa%2Fss7word@index.example.com/simple", "MODE": "production"}
		return o
	}
	t.Run("steps have them, the artifact's processes do not", func(t *testing.T) {
		b := newBench(t, subject)
		o := with(b, `test "$TOKEN" = `+token+` && echo "$MODE" > mode`)
		a, err := b.Build(context.Background(), o, b.source(page()))
		b.ok(err)
		b.inArtifact(a, `cat mode; echo "${TOKEN-none}"`, "production\nnone")
	})
	t.Run("the log hides them in every form", func(t *testing.T) {
		b := newBench(t, subject)
		o := with(b, `echo "a $TOKEN b"; echo s3cret%2Ft0ken >&2; echo "$INDEX"; echo pa/ss7word; printf %s "$TOKEN"`)
		_, err := b.Build(context.Background(), o, b.source(page()))
		b.ok(err)
		text := strings.Join(b.lines(o.LogName)[1:], "\n")
		for _, secret := range []string{"s3cret", "ss7word"} {
			if strings.Contains(text, secret) {
				t.Errorf("the log tells %q: %s", secret, text)
			}
		}
		if !strings.Contains(text, "a [hidden] b") {
			t.Errorf("the log is %q", text)
		}
	})
	t.Run("the message of a failure hides them", func(t *testing.T) {
		b := newBench(t, subject)
		_, err := b.Build(context.Background(), with(b, `echo "$TOKEN is wrong"; exit 1`), b.source(page()))
		b.refused(err, app.CodeFailed)
		if strings.Contains(err.Error(), token) || !strings.Contains(err.Error(), "[hidden] is wrong") {
			t.Errorf("the error is %q", err)
		}
	})
	t.Run("one that is left in the artifact fails the build", func(t *testing.T) {
		b := newBench(t, subject)
		_, err := b.Build(context.Background(), with(b, `mkdir sub; echo "token=$TOKEN" > sub/settings`), b.source(page()))
		b.refused(err, app.CodeFailed)
		if !strings.Contains(err.Error(), "sub/settings") || strings.Contains(err.Error(), token) {
			t.Errorf("the error is %q", err)
		}
	})
	t.Run("one that stands in the source already is none", func(t *testing.T) {
		b := newBench(t, subject)
		_, err := b.Build(context.Background(), with(b, "true"), b.source(map[string]string{"page.txt": "the " + token}))
		b.ok(err)
	})
}
