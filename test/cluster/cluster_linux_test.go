package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAClusterOfThreeNodesRunsPodsAndLeavesNothing(t *testing.T) {
	program := buildProgram(t)
	prepared(t)
	before := machineState(t)
	t.Cleanup(func() { run(t, program, "down") })

	began := time.Now()
	lines := strings.Fields(run(t, program, "up", "--nodes", "3"))
	t.Logf("up took %.1f s", time.Since(began).Seconds())
	if got := lines[len(lines)-1]; got != kubeconfigPath() {
		t.Fatalf("up printed %q last, not the path of the kubeconfig", got)
	}
	client := administrator(t)
	everyKindChanged(t, before, machineState(t))

	t.Run("an image that was loaded runs on every node", func(t *testing.T) {
		run(t, program, "load", helloImage(t))
		apply(t, client, "testdata/hello.yaml")
		eventually(t, "a pod per node", func() bool { return len(readyPods(t, client, "hello")) == 3 })
	})
	t.Run("a pod answers through the forwarder", func(t *testing.T) {
		for node, address := range readyPods(t, client, "hello") {
			if got := get(t, "http://"+forwarded(t, program, address+":8080")); got != node {
				t.Errorf("the pod of %s answered %q", node, got)
			}
		}
	})
	t.Run("a pod reaches a Service by its name", func(t *testing.T) {
		address := forwarded(t, program, readyPods(t, client, "hello")["n1"]+":8080")
		eventually(t, "the Service answers", func() bool {
			answer, err := tryGet(t.Context(), "http://"+address+"/fetch?url=http://hello.default.svc.cluster.local/")
			return err == nil && slices.Contains([]string{"n1", "n2", "n3"}, answer)
		})
	})
	t.Run("a volume is claimed and keeps its data when its node is killed", func(t *testing.T) {
		apply(t, client, "testdata/keeper.yaml")
		eventually(t, "the pod with the volume runs", func() bool { return len(readyPods(t, client, "keeper")) == 1 })
		keep(t, forwarded(t, program, readyPods(t, client, "keeper")["n1"]+":8080"), "a word")
		run(t, program, "kill", "n1")
		run(t, program, "start", "n1")
		eventually(t, "the data is still there", func() bool {
			answer, err := tryGet(t.Context(), "http://"+forwarded(t, program, readyPods(t, client, "keeper")["n1"]+":8080")+"/kept")
			return err == nil && answer == "a word"
		})
	})
	t.Run("a node that is cut off is lost and comes back when healed", func(t *testing.T) {
		address := forwarded(t, program, readyPods(t, client, "hello")["n3"]+":8080")
		run(t, program, "cut", "n3")
		eventually(t, "n3 is lost", func() bool { return client.nodeReady(t.Context(), "n3") == "Unknown" })
		if _, err := tryGet(t.Context(), "http://"+address); err == nil {
			t.Error("a pod of a node that is cut off answers")
		}
		run(t, program, "heal", "n3")
		eventually(t, "n3 is Ready", func() bool { return client.nodeReady(t.Context(), "n3") == "True" })
	})
	t.Run("a node that is killed is lost and comes back when started", func(t *testing.T) {
		run(t, program, "kill", "n2")
		eventually(t, "n2 is lost", func() bool { return client.nodeReady(t.Context(), "n2") == "Unknown" })
		run(t, program, "start", "n2")
		eventually(t, "n2 is Ready", func() bool { return client.nodeReady(t.Context(), "n2") == "True" })
	})
	t.Run("pods serve on while the control plane is gone", func(t *testing.T) {
		address := forwarded(t, program, readyPods(t, client, "hello")["n1"]+":8080")
		run(t, program, "kill", control)
		if got := get(t, "http://"+address); got != "n1" {
			t.Errorf("the pod answered %q", got)
		}
		run(t, program, "start", control)
		eventually(t, "the API server is ready", func() bool { return client.ready(t.Context()) })
	})
	t.Run("status shows every machine", func(t *testing.T) {
		text := run(t, program, "status")
		for _, machine := range []string{control, "n1", "n2", "n3"} {
			if !strings.Contains(text, "\n"+machine+" ") {
				t.Errorf("status doesn't show %s:\n%s", machine, text)
			}
		}
	})

	run(t, program, "down")
	sameState(t, before, machineState(t))
	run(t, program, "down") // a second time does no harm
	sameState(t, before, machineState(t))
}

func TestDownLeavesNothingOfAnUpThatWasKilled(t *testing.T) {
	program := buildProgram(t)
	prepared(t)
	before := machineState(t)
	t.Cleanup(func() { run(t, program, "down") })
	up := exec.CommandContext(t.Context(), program, "up", "--nodes", "2")
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "containerd of n2 runs", func() bool {
		running, err := processes("n2")
		return err == nil && len(running) > 1
	})
	if err := up.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = up.Wait() // it was killed, and says so
	run(t, program, "down")
	sameState(t, before, machineState(t))
}

func TestWithoutAClusterTheCommandsSaySo(t *testing.T) {
	program := buildProgram(t)
	run(t, program, "down")
	for _, command := range [][]string{{"status"}, {"cut", "n1"}, {"kill", "n1"}, {"load", "x.tar"}} {
		out, err := exec.CommandContext(t.Context(), program, command...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "start one with up") {
			t.Errorf("%v: %v: %s", command, err, out)
		}
	}
}

func TestAnImageOfDebianPackagesIsMadeOnce(t *testing.T) {
	program := buildProgram(t)
	path := strings.TrimSpace(run(t, program, "image", "cluster.test/base:1", "base-files"))
	made, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	again := strings.TrimSpace(run(t, program, "image", "cluster.test/base:1", "base-files"))
	if kept, err := os.Stat(again); err != nil || again != path || !kept.ModTime().Equal(made.ModTime()) {
		t.Errorf("the second time it made %s (%v), not %s", again, err, path)
	}
}
