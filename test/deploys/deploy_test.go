package deploys

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gondor/app"
)

func TestASiteIsBuiltServedAndReplaced(t *testing.T) {
	w := newWorld(t, "web", "worker")
	if got := w.state("web").State; got != app.ServiceNew {
		t.Errorf("before its first deploy web is %s, want new", got)
	}
	worker := "worker: exec sleep 1000\n"
	w.deploy(web("one", 200) + worker)
	if got := w.page(); got != "one v1" {
		t.Errorf("the page is %q, want %q", got, "one v1")
	}
	w.deploy(web("two", 200) + worker)
	if got := w.page(); got != "two v2" {
		t.Errorf("after the second deploy the page is %q, want %q", got, "two v2")
	}
	w.until("nothing is left of the first release", func() bool {
		return len(w.state("web").Replicas) == 1 && len(w.state("worker").Replicas) == 1
	})
	back, err := w.app.Rollback(t.Context(), w.who, app.NewRollback{Instance: w.instance.ID})
	w.ok(err)
	if got := w.settled(back.ID); got.State != app.ReleaseActive {
		t.Fatalf("the rollback %s: %s", got.State, got.Message)
	}
	if got := w.page(); got != "one v3" {
		t.Errorf("after the rollback the page is %q, want %q", got, "one v3")
	}
}

func TestWhatFailsLeavesTheOldReleaseServing(t *testing.T) {
	tests := []struct {
		name     string
		procfile string
		want     []string // in the message
		warmUp   string
	}{
		{"a release process that fails", "release: echo no table; exit 4\n" + web("two", 200), []string{"release process", "exit status 4", "no table", "v1 serves on"}, ""},
		{"a web process that ends at once", web("crash", 200), []string{"web ended", "exit status 3", "it can't go on like this", "v1 serves on"}, ""},
		{"one that ends less often than shows it to be hopeless", "web: sleep 1.4; exit 3\n", []string{"did not become healthy within 3s; web ended", "exit status 3", "v1 serves on"}, ""},
		{"one that answers 500", "web: exec \"$GONDOR\" " + siteArgument + " two 500\n", []string{"did not become healthy", "500", "v1 serves on"}, ""},
		{"one that answers 400 to its own host", web("two", 400), []string{"400", "ALLOWED_HOSTS", "v1 serves on"}, ""},
		{"one whose warm-up is answered 500", web("two", 200), []string{"did not become healthy within 3s", "answered 500 Internal Server Error to GET /broken, which warm_up asks for", "v1 serves on"}, "/assets/two.css, /broken"},
		{"one whose warm-up is not answered", web("two", 200), []string{"did not become healthy within 3s", "has not answered GET /endless yet, which warm_up asks for", "v1 serves on"}, "/endless"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "web")
			w.deploy(web("one", 200))
			release := w.release(w.buildWith(test.procfile, "services: {web: {health: {timeout: 3s}, warm_up: ["+test.warmUp+"]}}\n"))
			if release.State != app.ReleaseFailed {
				t.Fatalf("v2 is %s, want failed", release.State)
			}
			for _, want := range test.want {
				if !strings.Contains(release.Message, want) {
					t.Errorf("the message does not say %q:\n%s", want, release.Message)
				}
			}
			if got := w.page(); got != "one v1" {
				t.Errorf("the page is %q, want that of v1", got)
			}
			status := w.state("web")
			if status.State != app.ServiceFailed || status.Release.Number != 1 {
				t.Errorf("web is %s in v%d, want failed in v1", status.State, status.Release.Number)
			}
			_, err := w.app.Restart(t.Context(), w.who, w.services["web"].ID)
			w.ok(err)
			w.until("a restart leaves failed", func() bool { return w.state("web").State == app.ServiceRunning })
		})
	}
}

func TestAServiceThatFailsKeepsTheOthersOnTheOldRelease(t *testing.T) {
	w := newWorld(t, "web", "worker")
	w.deploy(web("one", 200) + "worker: exec sleep 1000\n")
	release := w.release(w.build(web("two", 200) + "worker: exit 3\n"))
	if release.State != app.ReleaseFailed || !strings.Contains(release.Message, "worker ended") {
		t.Fatalf("v2 %s: %s", release.State, release.Message)
	}
	if got := w.page(); got != "one v1" {
		t.Errorf("the page is %q, want that of v1", got)
	}
	w.until("nothing is left of v2, and all of v1 runs", func() bool {
		for _, name := range []string{"web", "worker"} {
			if now := w.state(name); now.Release.Number != 1 || len(now.Replicas) != 1 || now.Replicas[0].State != app.ReplicaHealthy {
				return false
			}
		}
		return true
	})
}

func TestABuildThatFailsSaysWhyAndChangesNothing(t *testing.T) {
	w := newWorld(t, "web")
	w.deploy(web("one", 200))
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"a Dockerfile alone", map[string]string{"Dockerfile": "FROM scratch\n"}, "Procfile"},
		{"a Procfile that does not parse", map[string]string{"Procfile": "web\n"}, "line 1"},
		{"a gondor.yml with an unknown key", map[string]string{"Procfile": web("two", 200), "gondor.yml": "servces: {}\n"}, "services"},
		{"a module that does not compile", map[string]string{"go.mod": "module x\n\ngo 1.21\n", "main.go": "package main\n\nfunc main() { undefined() }\n"}, "undefined"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			made := w.upload(test.files)
			if made.State != app.BuildFailed || !strings.Contains(made.Message, test.want) {
				t.Errorf("the build %s with %q, want a failure that says %q", made.State, made.Message, test.want)
			}
			if got := w.page(); got != "one v1" {
				t.Errorf("the page is %q, want that of v1", got)
			}
		})
	}
}

func TestTwoDeploymentsPostedAtTheSameMomentMakeOneRelease(t *testing.T) {
	w := newWorld(t, "web", "worker")
	made := w.build("release: echo ran >> \"$DATA_DIR/ran\"\n" + web("one", 200) + "worker: exec sleep 1000\n")
	var group sync.WaitGroup
	deployments := make([]app.Deployment, 2)
	for i, name := range []string{"web", "worker"} {
		group.Go(func() {
			deployment, err := w.app.CreateDeployment(t.Context(), w.who, app.NewDeployment{Service: w.services[name].ID, Build: made.ID})
			if err != nil {
				t.Error(err)
			}
			deployments[i] = deployment
		})
	}
	group.Wait()
	if deployments[0].Release != deployments[1].Release {
		t.Errorf("they made two releases, %s and %s", deployments[0].Release, deployments[1].Release)
	}
	release := w.settled(deployments[0].Release)
	if release.State != app.ReleaseActive {
		t.Fatalf("v1 %s: %s", release.State, release.Message)
	}
	for _, name := range []string{"web", "worker"} {
		if got := w.state(name); got.State != app.ServiceRunning {
			t.Errorf("%s is %s, want running", name, got.State)
		}
	}
	if got := w.dataFile("ran"); got != "ran\n" {
		t.Errorf("the release process wrote %q, want one line", got)
	}
}

func TestChangedVariablesMakeAReleaseWithoutAReleasePhase(t *testing.T) {
	w := newWorld(t, "web")
	w.deploy("release: echo ran >> \"$DATA_DIR/ran\"\n" + web("one", 200))
	_, err := w.app.SetVariables(t.Context(), w.who, app.VariableOwner{Instance: w.instance.ID}, []app.NewVariable{{Name: "GREETING", Value: "hello"}}, nil)
	w.ok(err)
	w.until("the page greets", func() bool { return w.page() == "one v2 hello" })
	if got := w.dataFile("ran"); got != "ran\n" {
		t.Errorf("the release process wrote %q, want one line", got)
	}
}

func TestScaleAndRestartReplaceWithoutAGap(t *testing.T) {
	w := newWorld(t, "web")
	w.deploy(web("one", 200))
	before := w.state("web").Replicas[0].ID
	_, err := w.app.Scale(t.Context(), w.who, w.services["web"].ID, 3)
	w.ok(err)
	w.until("three replicas are healthy", func() bool { return w.healthy("web") == 3 })
	_, err = w.app.Restart(t.Context(), w.who, w.services["web"].ID)
	w.ok(err)
	w.until("three new ones have taken over", func() bool {
		status := w.state("web")
		for _, replica := range status.Replicas {
			if replica.ID == before {
				return false
			}
		}
		return status.State == app.ServiceRunning && len(status.Replicas) == 3 && w.healthy("web") == 3
	})
	if got := w.page(); got != "one v1" {
		t.Errorf("the page is %q, want %q", got, "one v1")
	}
	_, err = w.app.Scale(t.Context(), w.who, w.services["web"].ID, 0)
	w.ok(err)
	w.until("it is stopped", func() bool { return len(w.state("web").Replicas) == 0 })
	if got := w.state("web").State; got != app.ServiceStopped {
		t.Errorf("web is %s, want stopped", got)
	}
}

func TestADeletedInstanceLeavesNothing(t *testing.T) {
	w := newWorld(t, "web")
	w.deploy(web("one", 200))
	address := w.state("web").Replicas[0].Address
	w.ok(w.app.DeleteInstance(t.Context(), w.who, w.instance.ID))
	w.until("nothing listens any more", func() bool { return !dial(address) })
	w.until("its records are gone", func() bool {
		err := w.store.View(t.Context(), func(r app.Reader) error {
			_, err := r.Instances().Get(w.instance.ID)
			return err
		})
		return app.IsNotFound(err)
	})
	if got := w.page(); strings.HasPrefix(got, "one") {
		t.Errorf("its host still answers %q", got)
	}
}

func TestAfterARestartEverythingIsAsItWas(t *testing.T) {
	w := newWorld(t, "web")
	w.deploy(web("one", 200))
	before := w.state("web").Replicas[0]
	w.stop()
	if !dial(before.Address) {
		t.Error("the site stopped with Gondor")
	}
	w.start()
	w.until("the page is there again", func() bool { return w.page() == "one v1" })
	after := w.state("web").Replicas
	if len(after) != 1 || after[0].ID != before.ID || !after[0].Started.Equal(before.Started) {
		t.Errorf("the replicas are %+v, want the one from before: %+v", after, before)
	}
	w.deploy(web("two", 200))
	if got := w.page(); got != "two v2" {
		t.Errorf("the page is %q, want %q", got, "two v2")
	}
}

func TestTheNewestFiveReleasesCanBeRolledBackToAndOlderOnesGo(t *testing.T) {
	w := newWorld(t, "web")
	for i := range 7 {
		w.deploy(web(fmt.Sprintf("page%d", i+1), 200))
	}
	w.until("the artifacts of the first two are gone", func() bool {
		kept, err := filepath.Glob(filepath.Join(w.dir, "engine", "artifacts", "*", "*", "app"))
		w.ok(err)
		return len(kept) == 5
	})
	w.until("and their sources with them", func() bool {
		kept, err := filepath.Glob(filepath.Join(w.dir, "sources", "*"))
		w.ok(err)
		return len(kept) == 5
	})
	releases, err := w.app.Releases(t.Context(), w.who, w.instance.ID)
	w.ok(err)
	for _, release := range releases {
		_, err := w.app.CreateBuild(t.Context(), w.who, app.NewBuild{Instance: w.instance.ID, SourceOf: release.Build})
		if gone := release.Number <= 2; gone && app.CodeOf(err) != app.CodeConflict || !gone && err != nil {
			t.Errorf("building v%d once more is answered %v", release.Number, err)
		}
	}
	_, err = w.app.Rollback(t.Context(), w.who, app.NewRollback{Instance: w.instance.ID, To: 2})
	if app.CodeOf(err) != app.CodeConflict || !strings.Contains(err.Error(), "no longer kept") {
		t.Errorf("a rollback to v2 is answered %v, want that it is no longer kept", err)
	}
	back, err := w.app.Rollback(t.Context(), w.who, app.NewRollback{Instance: w.instance.ID, To: 3})
	w.ok(err)
	if got := w.settled(back.ID); got.State != app.ReleaseActive {
		t.Errorf("the rollback to v3 %s: %s", got.State, got.Message)
	}
	if got := w.page(); got != "page3 v8" {
		t.Errorf("the page is %q, want %q", got, "page3 v8")
	}
}
