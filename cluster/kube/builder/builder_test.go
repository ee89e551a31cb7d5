package builder

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"gondor/app"
	"gondor/cluster/kube/image"
)

// bench is a registry with a base image, and what a builder has told.
type bench struct {
	*testing.T
	store image.Store
	base  string
	dirs  Dirs
	lines []string
	last  Message
}

func newBench(t *testing.T) *bench {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(slog.NewLogLogger(slog.DiscardHandler, 0))))
	t.Cleanup(server.Close)
	b := &bench{T: t, store: image.Store{Address: strings.TrimPrefix(server.URL, "http://"), Insecure: true}}
	base, err := random.Image(100, 1)
	b.ok(err)
	b.ok(b.store.Push(t.Context(), "base/plain", "1", base))
	digest, err := base.Digest()
	b.ok(err)
	b.base = digest.String()
	return b
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// order is a build with one step per command.
func (b *bench) order(commands ...string) Order {
	o := Order{
		Registry: b.store, Repository: "site/s", Tag: "b1", Base: "base/plain", BaseDigest: b.base,
		Time: time.Minute, Memory: 1 << 30, Disk: 1 << 30,
	}
	for _, command := range commands {
		o.Steps = append(o.Steps, app.Step{Name: "Run " + command, Command: command, Env: map[string]string{"AT": "${APP}", "KEPT": "${CACHE}"}})
	}
	return o
}

// build carries an order out on a source of one file.
func (b *bench) build(o Order) {
	b.Helper()
	b.dirs = Dirs{App: b.TempDir(), Scratch: b.TempDir(), Gondor: "/gondor", Cgroups: "/sys/fs/cgroup"}
	var source, in bytes.Buffer
	w := tar.NewWriter(&source)
	b.ok(w.WriteHeader(&tar.Header{Name: "page.txt", Mode: 0o644, Size: 6}))
	_, err := w.Write([]byte("hello\n"))
	b.ok(err)
	b.ok(w.Close())
	b.ok(Send(&in, o, &source))
	from, to := io.Pipe()
	go func() {
		err := Build(b.Context(), b.dirs, []string{"PATH=" + os.Getenv("PATH"), "KIND=image"}, &in, to, slog.New(slog.DiscardHandler))
		_ = to.CloseWithError(errors.Join(err, io.EOF)) // never fails
	}()
	b.lines, b.last = nil, Message{}
	b.ok(Receive(from, func(m Message) error {
		b.last = m
		if m.Text != "" {
			b.lines = append(b.lines, m.Text)
		}
		return nil
	}))
}

// artifact reads a file of what was pushed.
func (b *bench) artifact(name string) string {
	b.Helper()
	made, err := b.store.Pull(b.Context(), "site/s", "b1")
	b.ok(err)
	files := mutate.Extract(made)
	defer func() { b.ok(files.Close()) }()
	for r := tar.NewReader(files); ; {
		header, err := r.Next()
		b.ok(err)
		if header.Name == filepath.Join(b.dirs.App[1:], name) {
			text, err := io.ReadAll(r)
			b.ok(err)
			return string(text)
		}
	}
}

func TestABuildMakesAnImageOfItsBase(t *testing.T) {
	b := newBench(t)
	b.build(b.order(`cat page.txt > made; echo "$KIND $AT" >> made; touch "$TMPDIR/x"`, "echo second; echo aside >&2"))
	if !b.last.Built || b.artifact("made") != "hello\nimage "+b.dirs.App+"\n" {
		t.Errorf("it ended with %+v", b.last)
	}
	if !strings.HasPrefix(b.lines[0], "-----> Run cat") || !slices.Contains(b.lines, "second") || !slices.Contains(b.lines, "aside") {
		t.Errorf("the log is %q", b.lines)
	}
	made, err := b.store.Pull(t.Context(), "site/s", "b1")
	b.ok(err)
	config, err := made.ConfigFile()
	b.ok(err)
	if config.Config.WorkingDir != b.dirs.App || config.Config.User != "10001:10001" || len(config.RootFS.DiffIDs) != 2 {
		t.Errorf("the image is %+v", config)
	}
}

func TestAnArtifactGetsTheProgramThatItIsShippedWith(t *testing.T) {
	b := newBench(t)
	program, err := random.Image(100, 1)
	b.ok(err)
	b.ok(b.store.Push(t.Context(), "base/program", "1", program))
	digest, err := program.Digest()
	b.ok(err)
	o := b.order("true")
	o.Program, o.ProgramDigest = "base/program", digest.String()
	b.build(o)
	made, err := b.store.Pull(t.Context(), "site/s", "b1")
	b.ok(err)
	layers, err := program.Layers()
	b.ok(err)
	want, err := layers[0].Digest()
	b.ok(err)
	if got, err := image.Shipped(made); err != nil || got != want {
		t.Errorf("the last layer is %s, %v; want %s", got, err, want)
	}
}

func TestTheBuildsOfASiteShareACache(t *testing.T) {
	b := newBench(t)
	for _, want := range []string{"0\n", "1\n"} {
		b.build(b.order(`mkdir -p "$KEPT/x"; ls "$KEPT/x" | wc -l > count; touch "$KEPT/x/file"`))
		if got := strings.TrimSpace(b.artifact("count")) + "\n"; got != want {
			t.Errorf("there were %q files, want %q", got, want)
		}
	}
}

func TestWhyABuildFails(t *testing.T) {
	token := map[string]string{"TOKEN": "s3cret/t0ken"}
	for name, c := range map[string]struct {
		change  func(*Order)
		command string
		says    []string
	}{
		"a step fails":             {nil, "echo no such package; exit 4", []string{`the step "Run echo no such`, "exit status 4", "no such package"}},
		"a step is killed":         {nil, "kill -9 $$", []string{"killed by SIGKILL"}},
		"it takes too long":        {func(o *Order) { o.Time = 300 * time.Millisecond }, "sleep 1000", []string{"took longer than 300ms"}},
		"it takes too much disk":   {func(o *Order) { o.Disk = 8 << 20 }, "head -c 20000000 /dev/zero > big; sync big; sleep 1000", []string{"more than 8 MB of disk"}},
		"a variable is left":       {func(o *Order) { o.Variables = token }, `mkdir sub; echo "$TOKEN" > sub/settings`, []string{"sub/settings"}},
		"and its message hides it": {func(o *Order) { o.Variables = token }, `echo "$TOKEN is wrong"; exit 1`, []string{"[hidden] is wrong"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			o := b.order(c.command)
			if c.change != nil {
				c.change(&o)
			}
			b.build(o)
			if b.last.Code != app.CodeFailed {
				t.Errorf("it ended with %+v", b.last)
			}
			for _, part := range c.says {
				if !strings.Contains(b.last.Failed, part) {
					t.Errorf("%q lacks %q", b.last.Failed, part)
				}
			}
			told, err := json.Marshal(b.lines[1:])
			if b.ok(err); strings.Contains(string(told)+b.last.Failed, "s3cret") {
				t.Errorf("the secret is told: %s %s", told, b.last.Failed)
			}
			if _, err := b.store.Digest(context.Background(), "site/s", "b1"); !app.IsNotFound(err) {
				t.Errorf("something was kept: %v", err)
			}
		})
	}
}
