package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// slowWeb answers what is posted to it after a tenth of a second, and ends as Node.js
// programs do that were told to: it takes no more, and finishes what it has begun.
const slowWeb = `const server = require('http').createServer((q, r) => {
  let body = ''
  q.on('data', d => body += d)
  q.on('end', () => setTimeout(() => r.end(body || 'hello'), 100))
}).listen(process.env.PORT, '127.0.0.1')
process.on('SIGTERM', () => server.close())
`

func TestNoRequestFailsWhileWhatServesIsReplaced(t *testing.T) {
	needs(t, "git", "node")
	server := newServer(t)
	site := server.example("static")
	for name, text := range map[string]string{"Procfile": "web: exec node web.js\n", "web.js": slowWeb} {
		if err := os.WriteFile(filepath.Join(site.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	site.run("sites", "init", "--name", "busy")
	site.git("add", ".")
	site.git("commit", "-qm", "Answer slowly")
	site.run("deploy")

	traffic := startTraffic(t, site.status().WebURL)
	site.run("deploy")
	site.run("services", "scale", "web", "--replicas", "3")
	site.run("services", "restart", "web")
	site.settles("running")
	site.run("env", "set", "GREETING=hello")
	site.settles("running")
	site.run("services", "scale", "web", "--replicas", "1")
	site.run("rollback")
	server.stop()
	server.start()
	if total := traffic.stop(); total < 100 {
		t.Errorf("only %d requests were made", total)
	}
}

// stop ends the server as an upgrade does; sites run on.
func (s *server) stop() {
	s.t.Helper()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := s.process.Wait(); err != nil {
		s.t.Errorf("the server ended badly: %v", err)
	}
}

// settles waits until the instance is in a state with all that it should run.
func (p place) settles(state string) {
	p.server.t.Helper()
	eventually(p.server.t, "the instance is "+state, func() bool { return p.status().State == state })
}

// traffic is requests, each of which must be answered in full.
type traffic struct {
	url    string
	client *http.Client
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu     sync.Mutex
	total  int
	failed []string
}

// startTraffic makes a hundred requests a second, at most, on connections that are kept.
func startTraffic(t *testing.T, url string) *traffic {
	kept := client()
	kept.Transport.(*http.Transport).DisableKeepAlives = false
	ctx, cancel := context.WithCancel(context.Background())
	f := &traffic{url: url, client: kept, cancel: cancel}
	for i := range 20 {
		f.group.Go(func() { f.run(ctx, i%2 == 0) })
	}
	t.Cleanup(func() {
		f.stop()
		for _, one := range f.failed {
			t.Error(one)
		}
	})
	return f
}

func (f *traffic) run(ctx context.Context, posts bool) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		f.note(f.once(posts))
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// once makes one request, which no end of the test cuts off.
func (f *traffic) once(posts bool) error {
	method, body, want := http.MethodGet, "", "hello"
	if posts {
		method, body, want = http.MethodPost, "what is posted", "what is posted"
	}
	request, err := http.NewRequest(method, f.url, strings.NewReader(body))
	if err != nil {
		return err
	}
	response, err := f.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was read, or failed
	got, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || string(got) != want) {
		err = fmt.Errorf("%s %s: %s: %.200s", method, f.url, response.Status, got)
	}
	return err
}

func (f *traffic) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total++
	if err != nil {
		f.failed = append(f.failed, time.Now().Format("05.000 ")+err.Error())
	}
}

// stop ends the requests and returns how many there were.
func (f *traffic) stop() int {
	f.cancel()
	f.group.Wait()
	return f.total
}
