package machine

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// traffic is requests from the machine's own loopback, each of which must be answered with
// a page that holds a text.
type traffic struct {
	client *http.Client
	text   string
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu     sync.Mutex
	total  int
	failed []string
}

// load makes a hundred requests a second, at most, on connections that are kept.
func (m *machine) load(text string) *traffic {
	ctx, cancel := context.WithCancel(context.Background())
	f := &traffic{client: m.client(), text: text, cancel: cancel}
	for range 20 {
		f.group.Go(func() { f.run(ctx) })
	}
	m.t.Cleanup(func() { f.stop(m.t) })
	return f
}

func (f *traffic) run(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		err := f.once()
		f.mu.Lock()
		if f.total++; err != nil {
			f.failed = append(f.failed, time.Now().Format("05.000 ")+err.Error())
		}
		f.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// once makes one request, which no end of the test cuts off.
func (f *traffic) once() error {
	response, err := f.client.Get("http://my-site.example.com/")
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was read, or failed
	body, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || !strings.Contains(string(body), f.text)) {
		err = fmt.Errorf("%s: %.200s", response.Status, body)
	}
	return err
}

func (f *traffic) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.total
}

// stop ends the requests; none may have failed.
func (f *traffic) stop(t *testing.T) {
	t.Helper()
	f.cancel()
	f.group.Wait()
	if len(f.failed) > 0 {
		t.Errorf("%d of %d requests failed: %s", len(f.failed), f.total, strings.Join(f.failed, "; "))
	}
	t.Logf("%d requests, %d failed", f.total, len(f.failed))
	f.failed = nil
}

// during makes requests before, while and after something happens.
func (m *machine) during(text string, happens func()) {
	m.t.Helper()
	f := m.load(text)
	eventually(m.t, "requests are under way", func() bool { return f.count() > 50 })
	happens()
	before := f.count()
	eventually(m.t, "requests are answered afterwards", func() bool { return f.count() > before+100 })
	f.stop(m.t)
}
