package kube_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
	"gondor/cluster/clustertest"
	"gondor/cluster/kube"
	"gondor/cluster/logfile"
)

// processes is an engine of which only the one-offs and the logs are looked at.
type processes struct {
	*testing.T
	*kube.Engine
	subject  *subject
	settings clustertest.Settings
	options  kube.Options
	stop     func()
}

func newProcesses(t *testing.T, s *subject) *processes {
	t.Helper()
	t.Parallel()
	p := &processes{T: t, subject: s, settings: clustertest.Settings{Dir: t.TempDir()}}
	p.options = s.options(t, p.settings)
	p.start()
	t.Cleanup(func() {
		p.stop()
		s.remove(context.Background(), t, p.options.Namespace)
	})
	return p
}

func (p *processes) start() {
	p.Helper()
	p.options.Logs = logfile.NewStore(filepath.Join(p.settings.Dir, "logs"), logfile.DefaultLimits())
	engine, err := kube.Open(p.Context(), p.options)
	p.ok(err)
	p.Engine = engine
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := engine.Run(ctx); err != nil {
			p.Errorf("Run: %v", err)
		}
	})
	p.stop = func() {
		cancel()
		running.Wait()
	}
}

func (p *processes) ok(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// process is a one-off of a new instance. It is forgotten at the end of the test.
func (p *processes) process(command string) app.Process {
	p.Helper()
	site := app.NewID[app.Site](time.Now())
	release := app.Release{ID: app.NewID[app.Release](time.Now()), Instance: app.NewID[app.Instance](time.Now())}
	process := app.Process{ID: app.ProcessID("release-" + string(release.ID)), LogName: app.ReleaseLog(release), Program: app.Program{
		Site: site, Instance: release.Instance, Artifact: p.subject.artifact(p.T, p.settings, site),
		Command: command, Size: app.Size{Name: "small", CPU: 0.25, Memory: 256 << 20},
	}}
	p.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		p.ok(p.Forget(ctx, process.ID))
	})
	return process
}

func (p *processes) ends(process app.Process) app.Exit {
	p.Helper()
	exit, err := p.Wait(p.Context(), process.ID)
	p.ok(err)
	return exit
}

func (p *processes) texts(log app.LogName) []string {
	p.Helper()
	var texts []string
	for line, err := range p.Lines(p.Context(), app.LogQuery{Log: log}) {
		p.ok(err)
		texts = append(texts, line.Text)
	}
	return texts
}

func (p *processes) eventually(what string, condition func() bool) {
	p.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !condition() {
		select {
		case <-limit:
			p.Fatalf("it never came true that %s", what)
		case <-tick.C:
		}
	}
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	s := newSubject(t)
	t.Run("one whose image is missing ends with a sentence", func(t *testing.T) {
		p := newProcesses(t, s)
		process := p.process("true")
		process.Program.Artifact.Ref = p.options.Registry.Host + "/site/" + string(process.Program.Site) + ":none"
		p.ok(p.Start(t.Context(), process))
		if exit := p.ends(process); exit.Code != 125 || !strings.Contains(exit.Message, "was not found") {
			t.Errorf("it ended with %+v", exit)
		}
	})
	t.Run("its end is known after somebody deleted its pod", func(t *testing.T) {
		p := newProcesses(t, s)
		process := p.process("trap 'echo caught; exit 7' TERM; echo begun; while true; do sleep 0.1; done")
		p.ok(p.Start(t.Context(), process))
		p.eventually("it has begun", func() bool { return len(p.texts(process.LogName)) == 1 })
		pods := s.world.Client.CoreV1().Pods(p.options.Namespace + "-" + string(process.Program.Instance))
		p.ok(pods.DeleteCollection(t.Context(), meta.DeleteOptions{}, meta.ListOptions{}))
		if exit := p.ends(process); exit.Code != 7 {
			t.Errorf("it ended with %+v", exit)
		}
		if texts := p.texts(process.LogName); !slices.Contains(texts, "caught") {
			t.Errorf("it wrote %q", texts)
		}
		p.ok(p.Start(t.Context(), process))
		if exit := p.ends(process); exit.Code != 7 {
			t.Errorf("started again it ended with %+v", exit)
		}
	})
	t.Run("one that uses too much memory is told how much it may", func(t *testing.T) {
		p := newProcesses(t, s)
		process := p.process("tail /dev/zero")
		process.Program.Size.Memory = 64 << 20
		p.ok(p.Start(t.Context(), process))
		if exit := p.ends(process); !strings.Contains(exit.Message, "64 MB") {
			t.Errorf("it ended with %+v", exit)
		}
	})
	t.Run("its namespace can be deleted with it", func(t *testing.T) {
		p := newProcesses(t, s)
		process := p.process("sleep 1000")
		p.ok(p.Start(t.Context(), process))
		namespace := p.options.Namespace + "-" + string(process.Program.Instance)
		p.ok(s.world.Client.CoreV1().Namespaces().Delete(t.Context(), namespace, meta.DeleteOptions{}))
		p.ends(process)
		p.eventually("the namespace is gone", func() bool {
			_, err := s.world.Client.CoreV1().Namespaces().Get(t.Context(), namespace, meta.GetOptions{})
			return err != nil
		})
	})
}

func TestLogsOfPods(t *testing.T) {
	t.Parallel()
	s := newSubject(t)
	t.Run("no line is lost or doubled by a restart of Gondor", func(t *testing.T) {
		p := newProcesses(t, s)
		const count = 400
		process := p.process(fmt.Sprintf("for i in $(seq %d); do echo line $i; sleep 0.02; done", count))
		p.ok(p.Start(t.Context(), process))
		for _, lines := range []int{20, 150} {
			p.eventually("there are lines", func() bool { return len(p.texts(process.LogName)) > lines })
			p.stop()
			p.start()
		}
		p.ends(process)
		texts := p.texts(process.LogName)
		for i, text := range texts {
			if text != fmt.Sprintf("line %d", i+1) {
				t.Fatalf("line %d is %q", i+1, text)
			}
		}
		if len(texts) != count {
			t.Errorf("there are %d lines, want %d", len(texts), count)
		}
	})
	t.Run("what was written while Gondor was down is there afterwards", func(t *testing.T) {
		p := newProcesses(t, s)
		process := p.process("echo begun; sleep 4; echo ended >&2")
		p.ok(p.Start(t.Context(), process))
		p.eventually("it has begun", func() bool { return len(p.texts(process.LogName)) == 1 })
		p.stop()
		p.start()
		p.ends(process)
		p.stop()
		p.start()
		p.ends(process)
		if texts := strings.Join(p.texts(process.LogName), ","); texts != "begun,ended" {
			t.Errorf("it wrote %q", texts)
		}
	})
	t.Run("a long line is split, and the last needs no newline", func(t *testing.T) {
		p := newProcesses(t, s)
		process := p.process("head -c 100000 /dev/zero | tr '\\0' x; echo; printf end")
		p.ok(p.Start(t.Context(), process))
		p.ends(process)
		texts := p.texts(process.LogName)
		if whole := strings.Join(texts[:len(texts)-1], ""); whole != strings.Repeat("x", 100000) || texts[len(texts)-1] != "end" {
			t.Errorf("there are %d lines with %d characters, the last is %q", len(texts), len(whole), texts[len(texts)-1])
		}
	})
	t.Run("a dropped log stays empty after a restart", func(t *testing.T) {
		p := newProcesses(t, s)
		process := p.process("echo begun")
		p.ok(p.Start(t.Context(), process))
		p.ends(process)
		p.ok(p.Drop(t.Context(), process.LogName))
		p.stop()
		p.start()
		p.ends(process)
		if texts := p.texts(process.LogName); len(texts) > 0 {
			t.Errorf("it has %q", texts)
		}
	})
}

func TestAttachedToPods(t *testing.T) {
	t.Parallel()
	s := newSubject(t)
	t.Run("its end is known at once, and its output is exact", func(t *testing.T) {
		p := newProcesses(t, s)
		process := p.process("cat; exit 3")
		process.Stdin, process.Hold, process.LogName = true, true, ""
		in := make([]byte, 4<<20)
		_, _ = rand.Read(in) // never fails
		began := time.Now()
		p.ok(p.Start(t.Context(), process))
		started := time.Since(began)
		first := &stamped{}
		p.ok(p.Attach(t.Context(), process.ID, app.Streams{Stdin: bytes.NewReader(in), Stdout: first}))
		ended := time.Now()
		exit := p.ends(process)
		if exit.Code != 3 || !bytes.Equal(first.Bytes(), in) {
			t.Errorf("%d bytes came back of %d, and it ended with %+v", first.Len(), len(in), exit)
		}
		t.Logf("started after %s, output after %s, everything after %s, its end %s later",
			started, first.at.Sub(began), ended.Sub(began), time.Since(ended))
	})
}

// stamped is a buffer that knows when it got its first byte.
type stamped struct {
	bytes.Buffer
	at time.Time
}

// Write implements io.Writer.
func (s *stamped) Write(p []byte) (int, error) {
	if s.at.IsZero() {
		s.at = time.Now()
	}
	return s.Buffer.Write(p)
}
