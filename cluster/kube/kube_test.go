package kube_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
	"gondor/cluster"
	"gondor/cluster/clustertest"
	"gondor/cluster/kube"
	"gondor/cluster/logfile"
	"gondor/test/kube/world"
)

// opening is the cluster of the tests of this package.
var opening world.Opening

func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == flag.Lookup("test.parallel").DefValue {
		_ = flag.Set("test.parallel", "8") // pods are waited for, mostly
	}
	os.Exit(opening.Main(m))
}

func TestEngine(t *testing.T) {
	t.Parallel()
	s := newSubject(t)
	clustertest.Run(t, clustertest.Subject{Open: s.open, Artifact: s.artifact, Dial: s.world.Dial, Deadline: 2 * time.Minute})
}

// subject is what engines of all tests share.
type subject struct {
	world    *world.World
	image    string // Gondor's, which is also the site
	registry *world.Registry
	base     string // what sites are built and run in

	mu     sync.Mutex
	opened map[string]*world.Registry // the registries of those that have one of their own, by namespace
}

func newSubject(t *testing.T) *subject {
	t.Helper()
	s := &subject{world: opening.World(t), opened: map[string]*world.Registry{}}
	var err error
	if s.image, err = s.world.Program("./test/kube/site"); err == nil {
		s.registry, err = s.world.Shared(t.Context(), s.image)
	}
	if err == nil {
		s.base, err = s.registry.Base(t.Context(), "debian")
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// namespace is that of the engine of a directory.
func namespace(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "t-" + hex.EncodeToString(sum[:5])
}

// open opens the engine of a directory, in a namespace of its own.
func (s *subject) open(t *testing.T, settings clustertest.Settings) cluster.Engine {
	t.Helper()
	o := s.options(t, settings)
	engine, err := kube.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	whole, ok := any(engine).(cluster.Engine)
	if !ok {
		t.Fatal("the engine has not all that an engine has")
	}
	t.Cleanup(func() { s.close(t, whole, o.Namespace) })
	return whole
}

func (s *subject) options(t *testing.T, settings clustertest.Settings) kube.Options {
	t.Helper()
	space := namespace(settings.Dir)
	s.makeNamespace(t, space)
	r, base := s.registryOf(t, settings)
	logs, ok := any(logfile.NewStore(filepath.Join(settings.Dir, "logs"), logfile.DefaultLimits())).(kube.LogStore)
	if !ok {
		t.Fatal("the store of logs can't write lines as they are")
	}
	return kube.Options{
		Config: s.world.Config, Namespace: space, Image: s.image, Registry: r.Registry,
		Bases: map[string]kube.Base{"none": {Build: base}}, Logs: logs, Drainer: settings.Drainer,
		Logger: logger(t), WorkerAlive: settings.WorkerAlive,
		Limits: kube.Limits{Time: settings.BuildTime, Disk: settings.BuildDisk},
	}
}

// logger shows what the engine has to say when the test fails.
func logger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
}

func (s *subject) makeNamespace(t *testing.T, name string) {
	t.Helper()
	space := &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: name}}
	_, err := s.world.Client.CoreV1().Namespaces().Create(t.Context(), space, meta.CreateOptions{})
	if err != nil && !errors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// registryOf is the registry of an engine and the base image in it: the shared one, unless
// the test would take from it what others built.
func (s *subject) registryOf(t *testing.T, settings clustertest.Settings) (*world.Registry, string) {
	t.Helper()
	if !settings.Keeps {
		return s.registry, s.base
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	space := namespace(settings.Dir)
	r := s.opened[space]
	if r == nil {
		var err error
		s.makeNamespace(t, space)
		if r, err = s.world.Registry(t.Context(), space, s.image, 0); err != nil {
			t.Fatal(err)
		}
		s.opened[space] = r
	}
	base, err := r.Base(t.Context(), "debian")
	if err != nil {
		t.Fatal(err)
	}
	return r, base
}

// artifact pushes an image of one file as the engine's builds do.
func (s *subject) artifact(t *testing.T, settings clustertest.Settings, site app.ID[app.Site]) app.Artifact {
	t.Helper()
	r, reference := s.registryOf(t, settings)
	base, err := r.Pull(t.Context(), reference) // its layers are not sent again
	if err != nil {
		t.Fatal(err)
	}
	image, err := world.WithFiles(base, map[string]string{"page.txt": "hello\n"})
	if err != nil {
		t.Fatal(err)
	}
	build := app.NewID[app.Build](time.Now())
	ref, err := r.Push(t.Context(), "site/"+string(site)+":"+string(build), image)
	if err != nil {
		t.Fatal(err)
	}
	return app.Artifact{Ref: ref, Size: 6}
}

// close stops all that an engine runs and checks that nothing is left of it.
func (s *subject) close(t *testing.T, engine cluster.Engine, space string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := engine.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	s.remove(ctx, t, space)
}
