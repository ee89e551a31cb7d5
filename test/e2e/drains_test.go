package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// collector is an HTTP endpoint of a drain.
type collector struct {
	mu    sync.Mutex
	lines []collected
	seen  map[string]bool
}

// collected is a line as a drain sends it.
type collected struct {
	ID, Stream, Site, Instance, Kind, Service, Replica, Text string

	Release int
}

// ServeHTTP implements http.Handler. What comes twice is kept once.
func (c *collector) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for in := bufio.NewScanner(r.Body); in.Scan(); {
		var line collected
		if json.Unmarshal(in.Bytes(), &line) == nil && !c.seen[line.ID] {
			c.seen[line.ID] = true
			c.lines = append(c.lines, line)
		}
	}
}

// of are the lines of a kind of log.
func (c *collector) of(kind string) []collected {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.lines), func(l collected) bool { return l.Kind != kind })
}

// wrote reports whether a kind of log has a line that holds the text.
func (c *collector) wrote(kind, text string) bool {
	return slices.ContainsFunc(c.of(kind), func(l collected) bool { return strings.Contains(l.Text, text) })
}

// listen serves the collector at an address until the end of the test.
func (c *collector) listen(t *testing.T, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: c}
	go func() { _ = server.Serve(listener) }() // it ends by Close
	t.Cleanup(func() { _ = server.Close() })
}

// TestADrainSendsAllThatASiteWrites has a site count. The far end is down at first, and the
// server is killed twice, once while it is.
func TestADrainSendsAllThatASiteWrites(t *testing.T) {
	needs(t, "git")
	server := newServer(t)
	site := server.in(filepath.Join(t.TempDir(), "count"))
	if err := os.Mkdir(site.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	procfile := "release: echo preparing\nweb: exec \"$GONDOR\" static .\n" +
		"count: i=1; while true; do echo count $i; i=$((i+1)); sleep 0.01; done\n"
	for file, text := range map[string]string{"Procfile": procfile, "index.html": "Hello"} {
		if err := os.WriteFile(filepath.Join(site.dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	site.git("init", "-q", "-b", "main")
	site.run("sites", "init", "--name", "count")
	site.git("add", ".")
	site.git("commit", "-qm", "Count")

	far, address := &collector{seen: map[string]bool{}}, freeAddress(t)
	site.run("drains", "add", "http://"+address+"/s3cr3t")
	site.run("deploy")
	site.run("scheduled-tasks", "create", "--name", "nightly", "--schedule", "0 0 1 1 *", "--", "echo good night")
	site.run("scheduled-tasks", "run", "nightly")
	site.run("run", "--detach", "web", "--", "echo by hand")
	eventually(t, "the far end is missed", func() bool { return strings.Contains(site.run("drains"), "connection refused by "+address) })
	server.kill()
	server.start()
	far.listen(t, address)
	eventually(t, "the counting has come", func() bool { return len(far.of("service")) > 200 })
	server.kill()
	server.start()
	page(t, site.status().WebURL)
	before := len(far.of("service"))
	eventually(t, "the counting goes on", func() bool { return len(far.of("service")) > before+200 })

	for i, line := range counted(far) {
		if want := fmt.Sprintf("count %d", i+1); line.Text != want {
			t.Fatalf("line %d is %q, want %q", i+1, line.Text, want)
		}
		if line.Service != "count" || line.Release != 1 || line.Site != "admin/count" || line.Instance != "primary" || line.Stream != "stdout" {
			t.Fatalf("it is told as %+v", line)
		}
	}
	for kind, text := range map[string]string{"release": "preparing", "task-run": "good night", "run": "by hand", "access": "method=GET host="} {
		eventually(t, "what was written once has come, of a "+kind, func() bool { return far.wrote(kind, text) })
	}
	site.run("drains", "remove", "--yes", "http://"+address+"/s3cr3t")
	eventually(t, "nothing is kept of the drain", func() bool {
		files, err := os.ReadDir(filepath.Join(server.dir, "drains"))
		return err == nil && len(files) == 0
	})
	if strings.Contains(server.output.String(), "s3cr3t") {
		t.Error("the server's log has the secret")
	}
}

// counted are the lines of the service that counts.
func counted(far *collector) []collected {
	return slices.DeleteFunc(far.of("service"), func(l collected) bool { return l.Service != "count" || l.Stream == "gondor" })
}
