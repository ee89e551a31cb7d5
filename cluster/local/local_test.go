package local_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gondor/cluster"
	"gondor/cluster/clustertest"
	"gondor/cluster/local"
	"gondor/cluster/local/supervisor"
)

// superviseArgument makes the test binary a supervisor of the directory behind it.
const superviseArgument = "supervise"

func TestMain(m *testing.M) {
	clustertest.Site()
	serveEngine()
	if len(os.Args) == 3 && os.Args[1] == superviseArgument {
		if err := supervisor.Run(context.Background(), supervisor.Options{Dir: os.Args[2]}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestEngine(t *testing.T) {
	clustertest.Run(t, clustertest.Subject{Open: open})
}

// options are those of an engine whose supervisor is this test binary.
func options(dir string) local.Options {
	program, err := os.Executable()
	if err != nil {
		panic(err) // a test binary knows itself
	}
	return local.Options{
		Dir: dir, Supervisor: []string{program, superviseArgument},
		Logger: slog.New(slog.DiscardHandler), WorkerAlive: 200 * time.Millisecond,
	}
}

// open is what clustertest.Subject opens.
func open(t *testing.T, s clustertest.Settings) cluster.Engine {
	t.Helper()
	o := options(s.Dir)
	o.Drainer, o.WorkerAlive, o.Limits = s.Drainer, s.WorkerAlive, local.Limits{Time: s.BuildTime, Disk: s.BuildDisk}
	return openLocal(t, o)
}

// openLocal opens an engine and stops all that it runs when the test ends.
func openLocal(t *testing.T, o local.Options) cluster.Engine {
	t.Helper()
	if err := os.Chmod(filepath.Dir(o.Dir), 0o711); err != nil { // instances have users of their own
		t.Fatal(err)
	}
	engine, err := cluster.Open(context.Background(), cluster.Options{Engine: cluster.Local, Local: o})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, engine, o.Dir) })
	return engine
}

// shutdown stops everything and removes what is left of it: the supervisor may still be
// writing down how its processes ended.
func shutdown(t *testing.T, engine cluster.Engine, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := engine.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if t.Failed() {
		said, _ := os.ReadFile(filepath.Join(dir, "supervisor", "supervisor.log"))
		t.Logf("the supervisor says:\n%s", said)
	}
	eventually(t, "everything can be removed", func() bool { return os.RemoveAll(filepath.Join(dir, "supervisor")) == nil })
}

// eventually waits until the condition is true.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(30 * time.Second); !condition(); {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("it never came true that %s", what)
		}
	}
}
