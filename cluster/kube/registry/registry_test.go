package registry

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"gondor/app"
	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry/token"
)

// bench is a registry that serves on loopback.
type bench struct {
	*testing.T
	*Registry
	server *httptest.Server
	log    *bytes.Buffer
}

var testKey = []byte(strings.Repeat("k", 32))

func serve(t *testing.T, o Options) *bench {
	t.Helper()
	b := &bench{T: t, log: &bytes.Buffer{}}
	o.Key = testKey
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	opened, err := Open(o)
	must(t, err)
	b.Registry, b.server = opened, httptest.NewServer(opened)
	t.Cleanup(func() {
		b.server.Close()
		must(t, opened.Close())
	})
	return b
}

// as returns the registry as who has a token for the scope reaches it.
func (b *bench) as(s token.Scope) image.Store {
	user, password := token.Sign(testKey, s)
	return image.Store{Address: strings.TrimPrefix(b.server.URL, "http://"), Insecure: true, Username: user, Password: password}
}

// age makes everything on disk older.
func (b *bench) age(by time.Duration) {
	b.Helper()
	then := time.Now().Add(-by)
	must(b.T, filepath.WalkDir(b.options.Data, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, then, then)
	}))
}

func (b *bench) collect() {
	b.Helper()
	must(b.T, b.Collect(b.Context()))
}

// pull reads an image to its last byte.
func (b *bench) pull(repository, tag string) error {
	found, err := b.as(token.Admin()).Pull(b.Context(), repository, tag)
	if err != nil {
		return err
	}
	return image.WriteArchive(discard{}, "test/image:1", found)
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// picture makes an image of as many bytes that can't be compressed.
func picture(t testing.TB, size int) v1.Image {
	t.Helper()
	dir, contents := t.TempDir(), make([]byte, size)
	_, err := rand.Read(contents)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "file"), contents, 0o644))
	layer, err := image.Directory(dir, "app")
	must(t, err)
	t.Cleanup(func() { must(t, layer.Close()) })
	made, err := mutate.AppendLayers(empty.Image, layer)
	must(t, err)
	return made
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestATokenOpensNothingButItsRepository(t *testing.T) {
	b := serve(t, Options{})
	for _, repository := range []string{"site/a", "site/b", "base/python"} {
		must(t, b.as(token.Admin()).Push(t.Context(), repository, "1", picture(t, 1000)))
	}
	pull := func(repository string) func(image.Store) error {
		return func(s image.Store) error { _, err := s.Pull(t.Context(), repository, "1"); return err }
	}
	push := func(repository string) func(image.Store) error {
		return func(s image.Store) error { return s.Push(t.Context(), repository, "2", picture(t, 10)) }
	}
	list := func(s image.Store) error { _, err := s.Repositories(t.Context()); return err }
	keep := func(s image.Store) error { return Keep(t.Context(), s, Kept{AsOf: time.Now().Add(-time.Hour)}) }
	remove := func(repository string) func(image.Store) error {
		return func(s image.Store) error {
			digest, err := b.as(token.Admin()).Digest(t.Context(), repository, "1")
			must(t, err)
			return s.Delete(t.Context(), repository, digest.String())
		}
	}
	stranger := b.as(token.Admin())
	stranger.Password = strings.Repeat("0", 64)
	nobody := image.Store{Address: stranger.Address, Insecure: true}
	for _, c := range []struct {
		name    string
		who     image.Store
		do      func(image.Store) error
		allowed bool
	}{
		{"who may pull pulls", b.as(token.Pull("site/a")), pull("site/a"), true},
		{"who may pull a site pulls a base image", b.as(token.Pull("site/a")), pull("base/python"), true},
		{"but no other site", b.as(token.Pull("site/a")), pull("site/b"), false},
		{"and pushes nothing", b.as(token.Pull("site/a")), push("site/a"), false},
		{"who may push pushes", b.as(token.Push("site/a")), push("site/a"), true},
		{"and pulls", b.as(token.Push("site/a")), pull("site/a"), true},
		{"but pushes to no other site", b.as(token.Push("site/a")), push("site/b"), false},
		{"nor a base image", b.as(token.Push("site/a")), push("base/python"), false},
		{"nor reads another site", b.as(token.Push("site/a")), pull("site/b"), false},
		{"nor lists the repositories", b.as(token.Push("site/a")), list, false},
		{"nor removes an image", b.as(token.Push("site/a")), remove("site/a"), false},
		{"nor says what is kept", b.as(token.Push("site/a")), keep, false},
		{"a wrong password opens nothing", stranger, pull("site/a"), false},
		{"nor does none", nobody, pull("site/a"), false},
		{"none lists nothing", nobody, list, false},
		{"the administrator lists the repositories", b.as(token.Admin()), list, true},
		{"and removes images", b.as(token.Admin()), remove("site/b"), true},
		{"and says what is kept", b.as(token.Admin()), keep, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.do(c.who)
			if c.allowed != (err == nil) {
				t.Fatalf("got %v; want it allowed: %v", err, c.allowed)
			}
			if err != nil && app.CodeOf(err) != app.CodeForbidden {
				t.Errorf("got %v (%s); want that access is denied", err, app.CodeOf(err))
			}
		})
	}
}

func TestALayerOfAnotherSiteCanNotBeTakenByItsDigest(t *testing.T) {
	b := serve(t, Options{})
	secret := picture(t, 1000)
	must(t, b.as(token.Push("site/b")).Push(t.Context(), "site/b", "1", secret))
	layers, err := secret.Layers()
	must(t, err)
	digest, err := layers[0].Digest()
	must(t, err)
	thief := b.as(token.Push("site/a"))
	for name, c := range map[string]struct{ method, path string }{
		"by reading it as its own":  {http.MethodGet, "/v2/site/a/blobs/" + digest.String()},
		"by mounting it":            {http.MethodPost, "/v2/site/a/blobs/uploads/?mount=" + digest.String() + "&from=site/b"},
		"by mounting from nowhere":  {http.MethodPost, "/v2/site/a/blobs/uploads/?mount=" + digest.String()},
		"by another name of a path": {http.MethodGet, "/v2/site/a/../b/blobs/" + digest.String()},
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), c.method, thief.URL(c.path), nil)
			must(t, err)
			request.SetBasicAuth(thief.Username, thief.Password)
			answer, err := http.DefaultClient.Do(request)
			must(t, err)
			must(t, answer.Body.Close())
			if answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusCreated {
				t.Errorf("answered %s", answer.Status)
			}
		})
	}
}

func TestOneProcessAtATimeHasTheDirectory(t *testing.T) {
	b := serve(t, Options{})
	if _, err := Open(Options{Data: b.options.Data, Key: testKey}); app.CodeOf(err) != app.CodeConflict {
		t.Errorf("got %v", err)
	}
}

func TestItIsHealthyForWhoeverAsks(t *testing.T) {
	b := serve(t, Options{})
	answer, err := http.Get(b.server.URL + healthPath)
	must(t, err)
	must(t, answer.Body.Close())
	if answer.StatusCode != http.StatusOK {
		t.Errorf("answered %s", answer.Status)
	}
}

func TestAClientIsToldWhereTheRegistryIsNot(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, listener.Close())
	err = Keep(t.Context(), image.Store{Address: listener.Addr().String(), Insecure: true}, Kept{AsOf: time.Now()})
	if app.CodeOf(err) != app.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}
