package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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

// buildProgram builds the program, or skips the test where no cluster can run.
func buildProgram(t *testing.T) string {
	t.Helper()
	if err := canRun(); err != nil {
		if errors.Is(err, errSkipped) && os.Getenv("GONDOR_REQUIRE_KUBE") != "1" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "cluster")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}

// prepared installs packages, so that the states before and after can be equal.
func prepared(t *testing.T) {
	t.Helper()
	if err := installPackages(t.Context(), clusterPackages()); err != nil {
		t.Fatal(err)
	}
}

// helloImage builds testdata/hello and packs it as an image.
func helloImage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "hello"), "./testdata/hello")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build hello: %v\n%s", err, out)
	}
	path := filepath.Join(dir, "hello.tar")
	if err := writeProgramImage(path, "cluster.test/hello:1", filepath.Join(dir, "hello")); err != nil {
		t.Fatal(err)
	}
	return path
}

func administrator(t *testing.T) *api {
	t.Helper()
	o, err := loadOptions()
	if err != nil {
		t.Fatal(err)
	}
	client, err := openAPI(o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// apply makes the objects of a file.
func apply(t *testing.T, client *api, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.apply(t.Context(), string(text)); err != nil {
		t.Fatal(err)
	}
}

// keep has the keeper pod at the address write a text to its volume.
func keep(t *testing.T, address, text string) {
	t.Helper()
	answer, err := http.Post("http://"+address+"/kept", "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("keep a text: %s", answer.Status)
	}
}

// readyPods maps each node to the address of its ready pod of an app.
func readyPods(t *testing.T, client *api, app string) map[string]string {
	t.Helper()
	var list struct {
		Items []struct {
			Spec   struct{ NodeName string }
			Status struct {
				PodIP      string
				Conditions []condition
			}
		}
	}
	err := client.call(t.Context(), http.MethodGet, "/api/v1/namespaces/default/pods?labelSelector=app%3D"+app, "", nil, &list)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, pod := range list.Items {
		if slices.Contains(pod.Status.Conditions, condition{"Ready", "True"}) {
			found[pod.Spec.NodeName] = pod.Status.PodIP
		}
	}
	return found
}

// forwarded starts a forwarder to an address in the cluster for the length of the test.
func forwarded(t *testing.T, program, target string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, "forward", target)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Wait() }) // the test's context has ended it
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the forwarder said nothing: %v", err)
	}
	return strings.TrimSpace(line)
}

func get(t *testing.T, url string) string {
	t.Helper()
	body, err := tryGet(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func tryGet(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

// run runs the program and returns its standard output; it fails the test when it fails.
func run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	var errors bytes.Buffer
	c := exec.Command(program, arguments...) // not the test's context: down must run after it ended
	c.Stderr = &errors
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", arguments, err, errors.String())
	}
	t.Logf("%v:\n%s", arguments, errors.String())
	return string(out)
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	began := time.Now()
	if !soon(90*time.Second, is) {
		t.Fatalf("%s: not within 90 s", what)
	}
	t.Logf("%s after %.1f s", what, time.Since(began).Seconds())
}
