package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// told is what a webhook was told, in order. A message that comes again, under the same ID, is
// no other: a server that is killed before it has noted that one went out sends it once more.
type told struct {
	mu       sync.Mutex
	ids      []string
	messages []string
}

func (o *told) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message struct {
		Type string
		Data struct{ Kind string }
	}
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if id := r.Header.Get("webhook-id"); !slices.Contains(o.ids, id) {
		o.ids = append(o.ids, id)
		o.messages = append(o.messages, message.Type+" "+message.Data.Kind)
	}
}

func (o *told) all() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.messages)
}

func TestAWorkerThatIsDownIsToldOnceAndThatItIsBackOnceAlsoWhenTheServerIsKilledMeanwhile(t *testing.T) {
	needs(t, "git")
	t.Parallel() // it waits: a minute until down is an alert, half of one until that is over
	server := newServer(t)
	site := server.in(filepath.Join(t.TempDir(), "site"))
	if err := os.MkdirAll(site.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	procfile := `worker: while [ ! -e "$DATA_DIR/broken" ]; do sleep 0.2; done; exit 1` + "\n"
	if err := os.WriteFile(filepath.Join(site.dir, "Procfile"), []byte(procfile), 0o644); err != nil {
		t.Fatal(err)
	}
	site.git("init", "-q", "-b", "main")
	site.run("sites", "init", "--name", "shop")
	site.git("add", "-A")
	site.git("commit", "-qm", "Site")
	site.run("deploy")

	outside := &told{}
	webhook := httptest.NewServer(outside)
	defer webhook.Close()
	site.run("alerts", "add", webhook.URL)
	site.run("run", "worker", "--", `touch "$DATA_DIR/broken"`)
	within(t, 3*time.Minute, "it is told of the beginning", func() bool { return len(outside.all()) > 0 })
	server.kill()
	server.start()
	site.run("run", "worker", "--", `rm "$DATA_DIR/broken"`)
	within(t, 4*time.Minute, "it is told of the end", func() bool { return len(outside.all()) > 1 })
	if want := []string{"alert.firing worker-down", "alert.resolved worker-down"}; !slices.Equal(outside.all(), want) {
		t.Errorf("it was told %q, want %q", outside.all(), want)
	}
	contains(t, site.run("events"), "worker is healthy again")
	contains(t, site.run("alerts", "list"), "Nothing is wrong")
}
