package clustertest

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"gondor/app"
)

func testEnvironment(t *testing.T, subject Subject) {
	t.Run("it is the plan's, then the engine's, then people's", func(t *testing.T) {
		b := newBench(t, subject)
		w := with(b.web(), "LANG", "de_DE.UTF-8")
		w.Program.Base = map[string]string{"PYTHONPATH": "${APP}/lib", "PATH": "${APP}/bin", "LANG": "C", "SECRET_KEY": "plan"}
		w.Program.Env["SECRET_KEY"] = "people ${APP} $PATH"
		b.apply(w)
		env := b.environment(b.awaitHealthy(w.Ref, 1)[0])
		app := strings.TrimSuffix(env["PYTHONPATH"], "/lib")
		for key, want := range map[string]string{"LANG": "de_DE.UTF-8", "SECRET_KEY": "people ${APP} $PATH"} {
			if env[key] != want {
				t.Errorf("%s is %q, want %q", key, env[key], want)
			}
		}
		if !strings.HasPrefix(app, "/") || !strings.HasPrefix(env["PATH"], app+"/bin:") || !strings.Contains(env["PATH"], ":/usr/bin") {
			t.Errorf("with the artifact in %q, PATH is %q", app, env["PATH"])
		}
		for _, key := range []string{"HOME", "DATA_DIR", "TMPDIR", "HOST", "PORT", "GONDOR"} {
			if env[key] == "" {
				t.Errorf("%s is missing", key)
			}
		}
	})
	t.Run("nothing of Gondor's own is in it", func(t *testing.T) {
		b := newBench(t, subject)
		w := b.web()
		b.apply(w)
		env := b.environment(b.awaitHealthy(w.Ref, 1)[0])
		if env["HOME"] == os.Getenv("HOME") {
			t.Errorf("HOME is Gondor's own, %s", env["HOME"])
		}
		for _, key := range []string{"GOPATH", "GOCOVERDIR", "USER", "LOGNAME", "SHELL", "GONDOR_ADMIN_PASSWORD", "http_proxy"} {
			if value, ok := env[key]; ok {
				t.Errorf("%s is there, %q", key, value)
			}
		}
	})
	t.Run("its own PORT wins", func(t *testing.T) {
		b := newBench(t, subject)
		w := with(b.web(), "PORT", "18231")
		b.apply(w)
		if r := b.awaitHealthy(w.Ref, 1)[0]; !strings.HasSuffix(r.Address, ":18231") {
			t.Errorf("it is told at %s", r.Address)
		}
	})
	t.Run("DATA_DIR stays from release to release until it is purged", func(t *testing.T) {
		b := newBench(t, subject)
		p := b.keeping("cat $DATA_DIR/file; echo once > $DATA_DIR/file")
		b.runs(p, "")
		p.ID += "-2"
		b.runs(p, "once")
		b.ok(b.Purge(context.Background(), p.Program.Instance))
		p.ID += "-3"
		b.ok(b.Drop(context.Background(), p.LogName))
		b.runs(p, "")
	})
	t.Run("a process runs in its artifact", func(t *testing.T) {
		b := newBench(t, subject)
		b.runs(b.process("cat page.txt"), "hello")
	})
}

// runs starts a one-off, waits for it and compares what it wrote to its log.
func (b *bench) runs(p app.Process, want string) {
	b.Helper()
	b.ok(b.Start(context.Background(), p))
	_, err := b.Wait(context.Background(), p.ID)
	b.ok(err)
	var got []string
	for line, err := range b.Lines(context.Background(), app.LogQuery{Log: p.LogName}) {
		b.ok(err)
		if line.Stream == app.Stdout {
			got = append(got, line.Text)
		}
	}
	if text := strings.Join(got, "\n"); text != want {
		b.Fatalf("it wrote %q, want %q", text, want)
	}
}

// environment asks a replica for its environment.
func (b *bench) environment(r app.Replica) map[string]string {
	b.Helper()
	var list []string
	b.ok(json.Unmarshal([]byte(b.get(r, "/env")), &list))
	env := map[string]string{}
	for _, entry := range list {
		key, value, _ := strings.Cut(entry, "=")
		env[key] = value
	}
	return env
}
