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
