package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"gondor/test/screen"
)

// commands lists what README.md tells people to type, in its order.
func commands(t *testing.T) []string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var typed []string
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		for line := range strings.Lines(block[1]) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if !ok {
				t.Fatalf("README.md: %q is not a command", line)
			}
			typed = append(typed, command)
		}
	}
	return typed
}

// script makes one shell script of the README's commands. What it changes: the demo and
// the tests are left to tests of their own, the data directory, the home and the port
// are the test's, the server goes to the background, and who is asked for a password
// is told it.
func script(t *testing.T, address, data string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{"set -eu"}
	for _, command := range commands(t) {
		command = strings.NewReplacer("8600", port, "/var/lib/gondor", data).Replace(command)
		lines = append(lines, fmt.Sprintf("echo '$ '%q", command))
		switch {
		case command == "make demo" || command == "make test":
		case strings.HasPrefix(command, "gondor serve "):
			lines = append(lines, command+" &", "server=$!", "trap 'kill $server; wait $server || true' EXIT", "until (exec 3<>/dev/tcp/127.0.0.1/"+port+") 2>/dev/null; do sleep 0.1; done")
		case strings.HasPrefix(command, "gondor login "):
			lines = append(lines, command+` --password-stdin <<<"$GONDOR_ADMIN_PASSWORD"`)
		default:
			lines = append(lines, command)
		}
	}
	return strings.Join(lines, "\n")
}

func TestTheCommandsOfTheREADMEWork(t *testing.T) {
	needs(t, "git", "bash", "make")
	server := newHalted(t)
	t.Cleanup(server.end)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", script(t, server.address, server.dir))
	shell.Dir = "../.."
	shell.Env = append(server.env, "HOME="+t.TempDir())
	shell.Env = append(shell.Env, goEnvironment(t)...) // which the new home would hide
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// goEnvironment keeps the caches of Go where they are.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	var env []string
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(value)))
	}
	return env
}

func TestTheDemoComesUpHealsAndEnds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for parent := filepath.Dir(dir); parent != os.TempDir(); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil { // instances have users of their own
			t.Fatal(err)
		}
	}
	out := &screen.Screen{}
	demo := exec.Command(gondor, "demo", "--listen", freeAddress(t), "--data", dir)
	demo.Stdout, demo.Stderr = out, out
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = demo.Process.Kill() // it has ended unless the test failed
		endAll(t, dir)
	})
	url := regexp.MustCompile(`(?m)^(dashboard|site)  (http\S+)$`)
	eventually(t, "both URLs are printed", func() bool { return len(url.FindAllString(out.String(), -1)) == 2 })
	lines := url.FindAllStringSubmatch(out.String(), -1)
	page(t, lines[0][2])
	page(t, lines[1][2])

	web := strings.TrimSpace(pgrep(t, gondor+" demo-site web"))
	if err := exec.Command("kill", "-9", web).Run(); err != nil {
		t.Fatalf("kill the web process %s: %v", web, err)
	}
	eventually(t, "the web process is back", func() bool {
		back := strings.TrimSpace(pgrep(t, gondor+" demo-site web"))
		return back != "" && back != web
	})
	eventually(t, "its page is back", func() bool {
		response, err := client().Get(lines[1][2])
		return err == nil && response.Body.Close() == nil && response.StatusCode == 200
	})

	if err := demo.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = demo.Wait() // its code says that it was interrupted
	eventually(t, "nothing of the demo runs any more", func() bool { return pgrep(t, dir) == "" })
}
