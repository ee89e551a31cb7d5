// Package clustertest is the behaviour that every engine must have, as tests with real
// processes. What they run is a binary whose main, or TestMain, calls Site first.
package clustertest

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster"
)

// Settings are what the suite asks of the engine that it is given.
type Settings struct {
	Dir         string // of the test, for what the engine keeps
	Drainer     app.Drainer
	WorkerAlive time.Duration
	BuildTime   time.Duration // limits of one build
	BuildDisk   int64         // bytes
	// Keeps says that Keep is called: no engine of another test may share what is built.
	Keeps bool
}

// Subject is an engine as the suite meets it. The zero value of a field but Open stands for
// its default.
type Subject struct {
	// Open opens an engine that finds again what one of the same Dir ran before. Its
	// processes find a binary that calls Site under GONDOR. It registers the cleanup of what
	// the engine leaves, which runs after the engine's Run has returned.
	Open func(t *testing.T, s Settings) cluster.Engine
	// Artifact makes an artifact with the files of page, for an engine where every build
	// takes long; default a build of the engine.
	Artifact func(t *testing.T, s Settings, site app.ID[app.Site]) app.Artifact
	// Dial reaches the addresses of replicas, default as any program does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Deadline is when a condition that has not come true never will, default 30 s.
	Deadline time.Duration
}

// Run runs the suite.
func Run(t *testing.T, subject Subject) {
	set(&subject.Deadline, 30*time.Second)
	for _, part := range []struct {
		name string
		run  func(t *testing.T, subject Subject)
	}{
		{"workloads", testWorkloads},
		{"changes", testChanges},
		{"crashes", testCrashes},
		{"health", testHealth},
		{"environment", testEnvironment},
		{"removal", testRemoval},
		{"observers", testObservers},
		{"restarts of Gondor", testRestarts},
		{"processes", testProcesses},
		{"attached processes", testAttach},
		{"logs", testLogs},
		{"builds", testBuilds},
		{"failed builds", testFailedBuilds},
		{"variables of builds", testVariables},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel() // most of them wait for processes
			part.run(t, subject)
		})
	}
}

// bench is an engine under test, with everything that it has told.
type bench struct {
	*testing.T
	cluster.Engine
	subject  Subject
	settings Settings
	site     app.ID[app.Site] // of builds
	stop     func()

	mu      sync.Mutex
	changed chan struct{}
	seen    map[app.WorkloadRef]app.Observation
	all     []app.Observation
}

// newBench opens and runs an engine; change may change the settings.
func newBench(t *testing.T, subject Subject, change ...func(*Settings)) *bench {
	t.Helper()
	t.Parallel()
	b := &bench{T: t, subject: subject, site: app.NewID[app.Site](time.Now()), changed: make(chan struct{}), seen: map[app.WorkloadRef]app.Observation{}}
	b.settings = Settings{Dir: t.TempDir(), WorkerAlive: 200 * time.Millisecond, BuildTime: time.Minute, BuildDisk: 1 << 30}
	for _, fn := range change {
		fn(&b.settings)
	}
	b.start()
	return b
}

// start opens the engine, runs it and observes it.
func (b *bench) start() {
	b.Helper()
	b.Engine = b.subject.Open(b.T, b.settings)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.Engine.Run(ctx); err != nil {
			b.Errorf("Run: %v", err)
		}
	})
	engine := b.Engine
	running.Go(func() { _ = engine.Observe(ctx, b.note) }) // ctx's error
	b.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	b.Cleanup(b.stop)
}

// restart does to the engine what the end and the start of Gondor do.
func (b *bench) restart() {
	b.Helper()
	b.stop()
	b.mu.Lock()
	b.seen, b.all = map[app.WorkloadRef]app.Observation{}, nil
	b.mu.Unlock()
	b.start()
}

func (b *bench) note(obs app.Observation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, obs)
	if !obs.Synced {
		b.seen[obs.Ref] = obs
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// await waits until the observation of a workload fulfils the condition.
func (b *bench) await(ref app.WorkloadRef, what string, condition func(app.Observation) bool) app.Observation {
	b.Helper()
	timeout := time.After(b.subject.Deadline)
	for {
		b.mu.Lock()
		obs, ok := b.seen[ref]
		changed := b.changed
		b.mu.Unlock()
		if ok && condition(obs) {
			return obs
		}
		select {
		case <-changed:
		case <-timeout:
			b.Fatalf("%s is not %s; the last that was told is %+v", ref, what, obs)
		}
	}
}

// awaitHealthy waits for so many replicas, all of them healthy.
func (b *bench) awaitHealthy(ref app.WorkloadRef, count int) []app.Replica {
	b.Helper()
	return b.await(ref, "healthy", func(obs app.Observation) bool {
		return len(obs.Replicas) == count && all(obs.Replicas, app.ReplicaHealthy)
	}).Replicas
}

func all(replicas []app.Replica, state app.ReplicaState) bool {
	return !slices.ContainsFunc(replicas, func(r app.Replica) bool { return r.State != state })
}

func (b *bench) awaitGone(ref app.WorkloadRef) {
	b.Helper()
	b.await(ref, "gone", func(obs app.Observation) bool { return obs.Gone })
}

// eventually waits until the condition is true.
func (b *bench) eventually(what string, condition func() bool) {
	b.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for timeout := time.After(b.subject.Deadline); !condition(); {
		select {
		case <-tick.C:
		case <-timeout:
			b.Fatalf("it never came true that %s", what)
		}
	}
}

// ok ends the test when err is not nil.
func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// refused ends the test unless err carries the code.
func (b *bench) refused(err error, code app.Code) {
	b.Helper()
	if app.CodeOf(err) != code {
		b.Fatalf("the error is %v, want one of code %s", err, code)
	}
}

// get asks a replica for a path and returns the body.
func (b *bench) get(r app.Replica, path string) string {
	b.Helper()
	body, err := b.tryGet(r, path)
	b.ok(err)
	return body
}

func (b *bench) tryGet(r app.Replica, path string) (string, error) {
	client := http.Client{Timeout: b.subject.Deadline, Transport: &http.Transport{DisableKeepAlives: true, DialContext: b.subject.Dial}}
	answer, err := client.Get("http://" + r.Address + path)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

// set gives a field that is zero its default.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
