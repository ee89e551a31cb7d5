package cli

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

func TestPartsStopFromTheLastToTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var stopped []string
		until := func(name string) part {
			return part{name, func(ctx context.Context) error {
				<-ctx.Done()
				mu.Lock()
				defer mu.Unlock()
				stopped = append(stopped, name)
				return ctx.Err()
			}}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := inOrder(ctx, until("store"), until("engine"), until("listener")); err != nil {
			t.Errorf("got %v", err)
		}
		if !slices.Equal(stopped, []string{"listener", "engine", "store"}) {
			t.Errorf("they stopped in the order %v", stopped)
		}
	})
}

func TestOnePartThatEndsEndsAll(t *testing.T) {
	wait := func(ctx context.Context) error { <-ctx.Done(); return nil }
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		ends error
		says string
	}{
		"with its error":               {broken, "engine: broken"},
		"or without one, which is odd": {nil, "the engine ended by itself"},
	} {
		t.Run(name, func(t *testing.T) {
			err := inOrder(t.Context(), part{"engine", func(context.Context) error { return c.ends }}, part{"listener", wait})
			if err == nil || err.Error() != c.says || c.ends != nil && !errors.Is(err, c.ends) {
				t.Errorf("got %v; want %s", err, c.says)
			}
		})
	}
}

func TestTheAccessLogKeepsOneBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	log, err := openRotating(path, 10)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	for _, line := range []string{"first..\n", "second.\n", "third\n"} {
		if _, err := log.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{path: "third\n", path + ".1": "second.\n"} {
		if got, err := os.ReadFile(name); string(got) != want || err != nil {
			t.Errorf("%s has %q, %v; want %q", filepath.Base(name), got, err, want)
		}
	}
}

func TestAnAccessLogIsGoneOnWith(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	for _, line := range []string{"first\n", "second\n"} {
		log, err := openRotating(path, 100)
		if err != nil {
			t.Fatal(err)
		}
		_, err = log.Write([]byte(line))
		if err := errors.Join(err, log.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); string(got) != "first\nsecond\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestServeFlags(t *testing.T) {
	good := serveFlags{listen: ":80", data: "data", domain: "Example.com", engine: "local"}
	o, err := good.read("/srv")
	if err != nil || o.data != "/srv/data" || o.domain != "example.com" {
		t.Fatalf("got %+v, %v", o, err)
	}
	for name, c := range map[string]struct {
		change func(*serveFlags)
		says   string
	}{
		"no data directory":       {func(f *serveFlags) { f.data = "" }, "--data"},
		"no domain":               {func(f *serveFlags) { f.domain = "" }, "--domain"},
		"a domain with a port":    {func(f *serveFlags) { f.domain = "example.com:80" }, "--domain"},
		"an address of no port":   {func(f *serveFlags) { f.listen = "localhost" }, "--listen"},
		"a proxy of no network":   {func(f *serveFlags) { f.trusted = []string{"10.0.0.0/99"} }, "--trusted-proxies"},
		"a public URL elsewhere":  {func(f *serveFlags) { f.publicURL = "https://example.org" }, "another host"},
		"a public URL with path":  {func(f *serveFlags) { f.publicURL = "https://example.com/x" }, "--public-url"},
		"a kubeconfig for local":  {func(f *serveFlags) { f.kube.kubeconfig = "x" }, "--kubeconfig"},
		"an engine that is none":  {func(f *serveFlags) { f.engine = "steam" }, "--engine"},
		"a base image for local":  {func(f *serveFlags) { f.kube.bases = []string{"python=x"} }, "--base is for"},
		"no image for kube":       {func(f *serveFlags) { f.engine, f.kube.registry = "kube", "r" }, "--image"},
		"no registry for kube":    {func(f *serveFlags) { f.engine, f.kube.image = "kube", "i" }, "--registry"},
		"a namespace of no label": {kubed(func(k *kubeFlags) { k.namespace = "A_b" }), "--namespace"},
		"a runtime that is none":  {kubed(func(k *kubeFlags) { k.bases = []string{"cobol=x"} }), "python"},
		"a variable of no value":  {kubed(func(k *kubeFlags) { k.buildEnv = []string{"GOPROXY"} }), "KEY=VALUE"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			c.change(&bad)
			if _, err := bad.read("/srv"); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v; want it refused for %s", err, c.says)
			}
		})
	}
}

// kubed changes the flags of a server on a cluster.
func kubed(change func(*kubeFlags)) func(*serveFlags) {
	return func(f *serveFlags) {
		f.engine, f.kube.image, f.kube.registry = "kube", "gondor:1", "registry.example.com"
		change(&f.kube)
	}
}

func TestTheURLOfAServer(t *testing.T) {
	for name, c := range map[string]struct {
		public string
		port   int
		want   string
	}{
		"has the port of its listener":    {"", 8600, "http://example.com:8600"},
		"but for the one of HTTP":         {"", 80, "http://example.com"},
		"is the public one where that is": {"https://example.com/", 8600, "https://example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			f := serveFlags{listen: ":0", data: "/d", domain: "example.com", engine: "local", publicURL: c.public}
			o, err := f.read("/")
			if got := o.urlOf(&net.TCPAddr{Port: c.port}).String(); err != nil || got != c.want {
				t.Errorf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}
