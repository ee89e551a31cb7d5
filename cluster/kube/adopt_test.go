package kube

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"gondor/app"
	"gondor/cluster/kube/image"
	"gondor/cluster/logfile"
)

// stock is an engine with a registry and no cluster.
type stock struct {
	*testing.T
	*Engine
	store image.Store
}

func newStock(t *testing.T) *stock {
	t.Helper()
	server := httptest.NewServer(handlers.NewApp(context.Background(), &configuration.Configuration{Catalog: configuration.Catalog{MaxEntries: 1000}, Storage: configuration.Storage{
		"inmemory": {}, "delete": {"enabled": true}, "maintenance": {"uploadpurging": map[any]any{"enabled": false}},
	}}))
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")
	o := Options{
		Registry: Registry{Host: "localhost:30500", Address: address, Insecure: true},
		Logs:     logfile.NewStore(t.TempDir(), logfile.DefaultLimits()),
		Logger:   slog.New(slog.DiscardHandler),
	}.withDefaults()
	return &stock{t, &Engine{options: o, log: o.Logger, builds: newBuilds(o), shipment: newShipment(o)}, image.Store{Address: address, Insecure: true}}
}

func (s *stock) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// push stores an image that says what config says.
func (s *stock) push(repository, tag string, config v1.Config, architecture string) {
	s.Helper()
	made, err := random.Image(100, 1)
	s.ok(err)
	made, err = mutate.ConfigFile(made, &v1.ConfigFile{OS: "linux", Architecture: architecture, Config: config, RootFS: layersOf(s, made)})
	s.ok(err)
	s.ok(s.store.Push(s.Context(), repository, tag, made))
}

func layersOf(s *stock, made v1.Image) v1.RootFS {
	config, err := made.ConfigFile()
	s.ok(err)
	return config.RootFS
}

func TestAnImageThatExistsBecomesAnArtifactOfTheSite(t *testing.T) {
	s := newStock(t)
	s.push("shared/shop", "1", v1.Config{
		Entrypoint: []string{"/serve"}, Cmd: []string{"all the", "pages"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}, "9000/udp": {}},
	}, image.Platform().Architecture)
	plan, artifact, err := s.Adopt(t.Context(), app.Adoption{Build: "b1", Site: "s1", Image: "localhost:30500/shared/shop:1"})
	s.ok(err)
	if !slices.Equal(plan.Argv["web"], []string{"/serve", "all the", "pages"}) || plan.Processes["web"] != "/serve 'all the' pages" || plan.Port != 8080 {
		t.Errorf("the plan is %+v", plan)
	}
	if !strings.HasPrefix(artifact.Ref, "localhost:30500/site/s1@sha256:") || artifact.Size <= 0 {
		t.Errorf("the artifact is %+v", artifact)
	}
	_, err = s.find(t.Context(), artifact)
	s.ok(err)
	again, err := s.artifact(t.Context(), "s1", "b1")
	if err != nil || again != artifact {
		t.Errorf("the build has made %+v, %v", again, err)
	}
}

func TestWhyAnImageIsNotAdopted(t *testing.T) {
	s := newStock(t)
	command := v1.Config{Cmd: []string{"/serve"}}
	s.push("shared/foreign", "1", command, "s390x")
	s.push("shared/silent", "1", v1.Config{}, image.Platform().Architecture)
	s.push("site/other", "1", command, image.Platform().Architecture)
	for name, c := range map[string]struct{ reference, says string }{
		"it is no reference":         {"Shop", "is not the reference of an image"},
		"there is none":              {"localhost:30500/shared/missing:1", "there is no image"},
		"it is for other machines":   {"localhost:30500/shared/foreign:1", "is for linux/s390x"},
		"it says no command":         {"localhost:30500/shared/silent:1", "says no command"},
		"it is another site's":       {"localhost:30500/site/other:1", "belongs to another site"},
		"its registry does not hear": {"127.0.0.1:1/shop:1", "can't look at the image"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := s.Adopt(t.Context(), app.Adoption{Build: "b1", Site: "s1", Image: c.reference})
			if code := app.CodeOf(err); code != app.CodeInvalid && code != app.CodeFailed || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error is %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestOnlyWantedImagesAreKept(t *testing.T) {
	s := newStock(t)
	now := time.Now()
	old := func() string { return string(app.NewID[app.Build](now.Add(-time.Hour))) }
	wanted, unwanted, gone, fresh := old(), old(), old(), string(app.NewID[app.Build](now.Add(time.Second)))
	for _, one := range []struct{ repository, tag string }{
		{"site/s1", wanted},
		{"site/s1", unwanted},
		{"site/s1", fresh},
		{"site/s1", "cache"},
		{"site/s2", gone},
		{"site/s2", "cache"},
		{"base/python", "3"},
	} {
		s.push(one.repository, one.tag, v1.Config{}, "amd64")
	}
	s.ok(s.Keep(context.Background(), now, []app.ID[app.Build]{app.ID[app.Build](wanted)}, []app.ID[app.Site]{"s1"}))
	for repository, want := range map[string][]string{"site/s1": {wanted, fresh, "cache"}, "site/s2": nil, "base/python": {"3"}} {
		left, err := s.store.Tags(t.Context(), repository)
		s.ok(err)
		slices.Sort(left)
		if slices.Sort(want); !slices.Equal(left, want) {
			t.Errorf("of %s there are %q, want %q", repository, left, want)
		}
	}
}

func TestABaseImageOfOurOwnRegistryIsUsedWhereItIs(t *testing.T) {
	s := newStock(t)
	s.push("base/python", "3", v1.Config{}, image.Platform().Architecture)
	digest, err := s.store.Digest(t.Context(), "base/python", "3")
	s.ok(err)
	found, err := s.builds.mirror.find(t.Context(), "localhost:30500/base/python:3")
	if err != nil || found.reference("localhost:30500") != "localhost:30500/base/python@"+digest.String() {
		t.Errorf("it is %+v, %v", found, err)
	}
}

func TestABaseImageFromElsewhereIsCopied(t *testing.T) {
	s, other := newStock(t), newStock(t)
	other.push("library/python", "3", v1.Config{}, image.Platform().Architecture)
	found, err := s.builds.mirror.find(t.Context(), other.store.Address+"/library/python:3")
	s.ok(err)
	if _, err := s.store.Pull(t.Context(), "base/library/python", found.Digest); err != nil || found.Repository != "base/library/python" {
		t.Errorf("it is %+v, %v", found, err)
	}
	_, err = s.builds.mirror.find(t.Context(), other.store.Address+"/library/ruby:3")
	if app.CodeOf(err) != app.CodeFailed || !strings.Contains(err.Error(), "--base") {
		t.Errorf("the error is %v", err)
	}
}

func TestABaseIsGivenAsRuntimeAndImages(t *testing.T) {
	for text, want := range map[string]Base{
		"python=example.com/python:3":        {Build: "example.com/python:3"},
		"go=golang:1,debian:bookworm-slim":   {Build: "golang:1", Run: "debian:bookworm-slim"},
		"python":                             {},
		"ruby=ruby:3":                        {},
		"node=":                              {},
		"node=Example.com/Node":              {},
		"node=example.com/node:22,not right": {},
	} {
		_, got, err := ParseBase(text)
		if got != want || (err != nil) != (want == Base{}) {
			t.Errorf("%s is %+v, %v; want %+v", text, got, err, want)
		}
	}
}
