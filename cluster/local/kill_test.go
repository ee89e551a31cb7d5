package local_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster"
	"gondor/cluster/local"
)

// engineArgument makes the test binary hold an engine of the directory behind it, until
// it is killed.
const engineArgument = "hold-an-engine"

// The instance that the killed engine runs.
func heldWorkload(a app.Artifact) app.Workload {
	return app.Workload{
		Ref: app.WorkloadRef{Instance: "instance", Service: "web", Release: 1},
		Program: app.Program{
			Site: "site", Instance: "instance", Artifact: a, Command: `"$GONDOR" clustertest-site "$PORT"`,
			Size: app.Size{Name: "small", CPU: 0.25, Memory: 256 << 20},
		},
		Kind: app.Web, Replicas: 1, Host: "site.example.com", Scheme: "https", LogName: "service/web",
		Config: app.ServiceConfig{
			HealthPath: "/", HealthInterval: 50 * time.Millisecond, HealthTimeout: 10 * time.Second,
			StopTimeout: 10 * time.Second, DrainTimeout: time.Second,
		},
	}
}

// heldBuild is a build whose first step counts how often it runs and whose second waits
// for a file.
func heldBuild(dir string) app.BuildOrder {
	return app.BuildOrder{
		Build: "build", Site: "site", LogName: "build/log",
		Plan: app.Plan{Steps: []app.Step{
			{Name: "Count", Command: "echo run >> count"},
			{Name: "Wait", Command: "while [ ! -e " + dir + "/go ]; do sleep 0.02; done"},
		}},
	}
}

// serveEngine is what the process does that is killed: it opens an engine, runs a
// workload and begins a build.
func serveEngine() {
	if len(os.Args) != 3 || os.Args[1] != engineArgument {
		return
	}
	if err := holdEngine(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func holdEngine(dir string) error {
	ctx := context.Background()
	engine, err := cluster.Open(ctx, cluster.Options{Engine: cluster.Local, Local: options(dir)})
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	running.Go(func() { fmt.Println(engine.Run(ctx)) })
	a, err := engine.Build(ctx, app.BuildOrder{Build: "first", Site: "site", LogName: "build/first"}, emptyTar())
	if err != nil {
		return err
	}
	if err := engine.Apply(ctx, heldWorkload(a)); err != nil {
		return err
	}
	awaitHealthy(ctx, engine)
	listener, err := engine.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	_, err = engine.Build(ctx, heldBuild(dir), emptyTar())
	running.Wait()
	return err
}

// awaitHealthy waits until some workload has a healthy replica.
func awaitHealthy(ctx context.Context, engine cluster.Engine) {
	ctx, cancel := context.WithCancel(ctx)
	_ = engine.Observe(ctx, func(o app.Observation) { // ctx's error
		if len(o.Replicas) > 0 && o.Replicas[0].State == app.ReplicaHealthy {
			cancel()
		}
	})
}

// emptyTar is an archive without files: two blocks of zeros.
func emptyTar() io.Reader { return strings.NewReader(strings.Repeat("\x00", 1024)) }

func TestAGondorThatIsKilledFindsEverythingAsItWas(t *testing.T) {
	dir := t.TempDir()
	killed, address := startHolder(t, dir)
	o := options(dir)
	engine := openLater(t, o, killed)
	seen := observe(t, engine)
	ref := heldWorkload(app.Artifact{}).Ref
	var first app.Replica
	eventually(t, "the workload is healthy", func() bool {
		obs := seen.of(ref)
		if len(obs.Replicas) != 1 || obs.Replicas[0].State != app.ReplicaHealthy {
			return false
		}
		first = obs.Replicas[0]
		return true
	})
	if first.Restarts != 0 || !answers(first.Address) {
		t.Errorf("the replica is told as %+v", first)
	}
	checkListener(t, engine, address)
	checkBuild(t, engine, dir)
}

// startHolder runs the process that holds the engine, waits until its build is at its
// second step, and kills it. It returns the address that it listened on.
func startHolder(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	if err := os.Chmod(dir+"/..", 0o711); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	holder := exec.Command(program, engineArgument, dir)
	holder.Stderr = os.Stderr
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	var address string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the build has come to its second step", func() bool {
		data, _ := os.ReadFile(dir + "/artifacts/site/build/app/count")
		return len(data) > 0
	})
	return holder, address
}

// openLater kills the process that holds the engine and opens another.
func openLater(t *testing.T, o local.Options, holder *exec.Cmd) cluster.Engine {
	t.Helper()
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // it was killed
	return openLocal(t, o)
}

// checkListener expects the socket of the killed process at the same address.
func checkListener(t *testing.T, engine cluster.Engine, address string) {
	t.Helper()
	listener, err := engine.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if listener.Addr().String() != address {
		t.Errorf("it listens on %s, want %s", listener.Addr(), address)
	}
}

// checkBuild expects the build to go on behind the step that has ended.
func checkBuild(t *testing.T, engine cluster.Engine, dir string) {
	t.Helper()
	if err := os.WriteFile(dir+"/go", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := engine.Build(context.Background(), heldBuild(dir), emptyTar())
	if err != nil {
		t.Fatal(err)
	}
	count, err := os.ReadFile(dir + "/artifacts/" + a.Ref + "/app/count")
	if err != nil || string(count) != "run\n" {
		t.Errorf("the first step ran %q, %v", count, err)
	}
}

func TestReplicasThatNoWorkloadExplainsAreStopped(t *testing.T) {
	dir := t.TempDir()
	holder, _ := startHolder(t, dir)
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // it was killed
	if err := os.RemoveAll(dir + "/workloads"); err != nil {
		t.Fatal(err)
	}
	engine := openLocal(t, options(dir))
	observe(t, engine)
	eventually(t, "its log tells of its end", func() bool {
		var texts []string
		for line := range engine.Lines(context.Background(), app.LogQuery{Log: "service/web"}) {
			texts = append(texts, line.Text)
		}
		return slices.Contains(texts, "the site ends")
	})
}

// seen is what an engine last told of every workload.
type seen struct {
	mu  sync.Mutex
	all map[app.WorkloadRef]app.Observation
}

func (s *seen) of(ref app.WorkloadRef) app.Observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[ref]
}

// observe runs an engine until the test ends and keeps what it tells.
func observe(t *testing.T, engine cluster.Engine) *seen {
	t.Helper()
	s := &seen{all: map[app.WorkloadRef]app.Observation{}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := engine.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	running.Go(func() {
		_ = engine.Observe(ctx, func(o app.Observation) { // ctx's error
			s.mu.Lock()
			defer s.mu.Unlock()
			s.all[o.Ref] = o
		})
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return s
}

func answers(address string) bool {
	answer, err := http.Get("http://" + address + "/pid")
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}
