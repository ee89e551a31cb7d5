package e2e

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"gondor/app"
	"gondor/cluster/logfile"
	"gondor/store"
	"gondor/test/smalldisk"
)

// chattyWeb answers "hello", and tells of each request in a long line.
const chattyWeb = `require('http').createServer((q, r) => {
  console.log('asked for ' + q.url + ' ' + 'x'.repeat(2000))
  r.end('hello')
}).listen(process.env.PORT, '127.0.0.1')
`

// asks makes requests with rising numbers, each of which is answered.
func asks(t *testing.T, url string, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		contains(t, page(t, fmt.Sprintf("%s/%d", strings.TrimSuffix(url, "/"), i)), "hello")
	}
}

// newServerOn is newServer with its data on a disk of so many bytes.
func newServerOn(t *testing.T, size int64) *server {
	t.Helper()
	disk := smalldisk.Mount(t, size)
	s := newHalted(t)
	s.dir = filepath.Join(disk, "data")
	t.Cleanup(s.end)
	s.start()
	s.in(t.TempDir()).run("login", s.url("localhost"), "--username", "admin", "--password-stdin", "<", password)
	return s
}

// site makes and deploys a site of Node.js.
func (s *server) site(name, program string) place {
	s.t.Helper()
	p := s.in(s.t.TempDir())
	p.write("Procfile", "web: exec node web.js\n")
	p.write("web.js", program)
	p.git("init", "-q", "-b", "main")
	p.git("add", ".")
	p.git("commit", "-qm", "First")
	p.run("sites", "init", "--name", name)
	p.git("add", ".")
	p.git("commit", "-qm", "Deploy with Gondor")
	p.run("deploy")
	return p
}

func (p place) write(file, text string) {
	p.server.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, file), []byte(text), 0o644); err != nil {
		p.server.t.Fatal(err)
	}
}

// refused types a command that must fail with a sentence.
func (p place) refused(sentence string, args ...string) {
	p.server.t.Helper()
	out, err := p.try(args...)
	if err == nil {
		p.server.t.Errorf("gondor %s was not refused:\n%s", strings.Join(args, " "), out)
	}
	contains(p.server.t, out, sentence)
}

func TestOnAFullDiskSitesServeAndNothingIsHalfMade(t *testing.T) {
	needs(t, "git", "node")
	server := newServerOn(t, 256<<20)
	site := server.site("chatty", chattyWeb)
	url := site.status().WebURL
	asks(t, url, 0, 200) // so that the log has something to drop
	hog := smalldisk.Fill(t, filepath.Dir(server.dir))

	site.refused("There is no room for a deploy: ", "deploy")
	asks(t, url, 200, 500)
	eventually(t, "the site's log goes on", func() bool {
		return strings.Contains(server.serviceLogs(), "asked for /499 ")
	})
	before := site.run("env", "list")
	if out, err := site.try("env", "set", "FULL="+strings.Repeat("x", 60_000)); err != nil {
		contains(t, out, "The disk is full, so nothing was changed.")
		if after := site.run("env", "list"); after != before {
			t.Errorf("a change that was refused is there:\n%s", after)
		}
	}
	server.kill()
	server.start()
	contains(t, page(t, url), "hello")

	if err := os.Remove(hog); err != nil {
		t.Fatal(err)
	}
	site.settles("running")
	site.run("env", "set", "AFTER=1")
	site.settles("running")
	site.run("deploy")
	contains(t, page(t, url), "hello")
	server.stop()
	server.process = nil
	checkStore(t, server.dir)
}

// serviceLogs is what is kept of all that services wrote.
func (s *server) serviceLogs() string {
	s.t.Helper()
	logs := logfile.NewStore(filepath.Join(s.dir, "engine", "supervisor", "logs"), logfile.DefaultLimits())
	names, err := logs.Use()
	if err != nil {
		s.t.Fatal(err)
	}
	var all strings.Builder
	for name := range names {
		if !strings.Contains(string(name), "/service/") {
			continue
		}
		for line, err := range logs.Lines(s.t.Context(), app.LogQuery{Log: name}) {
			if err != nil {
				s.t.Fatal(err)
			}
			all.WriteString(line.Text + "\n")
		}
	}
	return all.String()
}

// checkStore has bbolt look at every page of the store.
func checkStore(t *testing.T, data string) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(data, "store", store.FileName), 0o600, &bbolt.Options{Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		for fault := range tx.Check() {
			t.Errorf("the store is damaged: %v", fault)
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := store.Open(t.Context(), filepath.Join(data, "store"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
