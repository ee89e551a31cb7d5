package local_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster/local/supervisor"
)

// supervisorOf is a client of the supervisor of an engine's directory.
func supervisorOf(t *testing.T, dir string) *supervisor.Client {
	t.Helper()
	client, err := supervisor.Dial(t.Context(), filepath.Join(dir, "supervisor"))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// gone fails the test unless nothing matches the pattern in time.
func gone(t *testing.T, pattern string) {
	t.Helper()
	eventually(t, "there is no "+pattern, func() bool {
		found, err := filepath.Glob(pattern)
		return err == nil && len(found) == 0
	})
}

func TestTheCgroupOfAWorkloadWhoseRemovalWasCutOffIsRemoved(t *testing.T) {
	asRoot(t)
	dir := t.TempDir()
	engine, a := built(t, dir, "site")
	limited(t, engine)
	w := heldWorkload(a)
	w.Ref.Instance = app.ID[app.Instance](filepath.Base(filepath.Dir(dir))) // its cgroup's name is no other's
	w.Program.Instance = w.Ref.Instance
	ctx, kill := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	if err := engine.Apply(ctx, w); err != nil {
		t.Fatal(err)
	}
	awaitHealthy(ctx, engine)
	kill()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	// What was done when the kill came: the workload is on its way out, its process forgotten.
	if err := engine.Remove(t.Context(), w.Ref); err != nil {
		t.Fatal(err)
	}
	client := supervisorOf(t, dir)
	statuses, err := client.List(t.Context())
	if err != nil || len(statuses) != 1 {
		t.Fatalf("the supervisor has %v, %v; want the replica", statuses, err)
	}
	if err := client.Remove(t.Context(), statuses[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Wait(t.Context(), statuses[0].ID); err != nil && !app.IsNotFound(err) {
		t.Fatal(err)
	}
	seen := observe(t, openLocal(t, options(dir)))
	eventually(t, "it is gone", func() bool { return seen.of(w.Ref).Gone })
	gone(t, "/sys/fs/cgroup/*/gondor-*-sites/"+string(w.Ref.Instance)+"-*")
	gone(t, "/sys/fs/cgroup/gondor-*-sites/"+string(w.Ref.Instance)+"-*")
}

func TestAStepThatAKillKeptFromBeingForgottenIsForgotten(t *testing.T) {
	dir := t.TempDir()
	engine := openLocal(t, options(dir))
	order := app.BuildOrder{
		Build: "build", Site: "site", LogName: "build/log",
		Plan: app.Plan{Steps: []app.Step{{Name: "Nothing", Command: "true"}}},
	}
	a, err := engine.Build(t.Context(), order, emptyTar())
	if err != nil {
		t.Fatal(err)
	}
	client, tmp := supervisorOf(t, dir), filepath.Join(dir, "tmp", "build")
	step := supervisor.Spec{ID: "build-build-0", Argv: []string{"/bin/true"}, Dir: "/", UID: supervisor.Same, GID: supervisor.Same}
	if err := client.Start(t.Context(), step); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	if again, err := engine.Build(t.Context(), order, emptyTar()); err != nil || again != a {
		t.Errorf("built again it is %+v, %v; want %+v", again, err, a)
	}
	gone(t, tmp)
	gone(t, filepath.Join(dir, "supervisor", "processes", "*"))
}

func TestABuildWhoseSupervisorIsKilledLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	engine := openLocal(t, options(dir))
	observe(t, engine)
	order := app.BuildOrder{
		Build: "build", Site: "site", LogName: "build/log",
		Plan: app.Plan{Steps: []app.Step{{Name: "Wait", Command: "echo $$ $PPID > pids; exec sleep 600"}}},
	}
	failed := make(chan error, 1)
	go func() {
		_, err := engine.Build(context.Background(), order, emptyTar())
		failed <- err
	}()
	pid, parent := awaitPIDs(t, filepath.Join(dir, "artifacts", "site", "build", "app", "pids"))
	if err := syscall.Kill(parent, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; app.CodeOf(err) != app.CodeUnavailable {
		t.Errorf("the build ended with %v, want that its supervisor went away", err)
	}
	if !ended(pid) {
		t.Error("the step still runs")
	}
	gone(t, filepath.Join(dir, "artifacts", "site", "build"))
	gone(t, filepath.Join(dir, "supervisor", "processes", "*"))
}

func TestWhatAnUnfinishedBuildLeftIsRemovedWhenNobodyWantsIt(t *testing.T) {
	dir := t.TempDir()
	engine := openLocal(t, options(dir))
	for _, build := range []string{"wanted", "lost"} {
		for _, left := range []string{filepath.Join("artifacts", "site", build, "app"), filepath.Join("tmp", build)} {
			if err := os.MkdirAll(filepath.Join(dir, left), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := engine.Keep(t.Context(), time.Now(), []app.ID[app.Build]{"wanted"}, []app.ID[app.Site]{"site"}); err != nil {
		t.Fatal(err)
	}
	gone(t, filepath.Join(dir, "artifacts", "site", "lost"))
	gone(t, filepath.Join(dir, "tmp", "lost"))
	if _, err := os.Stat(filepath.Join(dir, "artifacts", "site", "wanted", "app")); err != nil {
		t.Errorf("the build that goes on has lost its directory: %v", err)
	}
}
