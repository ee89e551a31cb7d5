package ui_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"gondor/app"
)

// event is one that a stream sent.
type event struct {
	id, name string
	data     map[string]any
}

// stream is an open stream of events.
type stream struct {
	t    *testing.T
	body io.ReadCloser
	r    *bufio.Reader
}

// listen opens a stream; after is the ID of the last event that the browser has.
func (b *browser) listen(path, after string) *stream {
	b.w.t.Helper()
	r := b.request(http.MethodGet, path, "")
	r.Header.Set("Accept", "text/event-stream")
	if after != "" {
		r.Header.Set("Last-Event-ID", after)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	must(b.w.t, err)
	b.w.t.Cleanup(func() { _ = response.Body.Close() })
	if got := response.Header.Get("Content-Type"); response.StatusCode != ok || got != "text/event-stream" {
		b.w.t.Fatalf("the stream is %d of type %q", response.StatusCode, got)
	}
	return &stream{t: b.w.t, body: response.Body, r: bufio.NewReader(response.Body)}
}

// next waits for an event; comments are not one.
func (s *stream) next() event {
	s.t.Helper()
	var e event
	for {
		line, err := s.r.ReadString('\n')
		must(s.t, err)
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			must(s.t, json.Unmarshal([]byte(value), &e.data))
		case "":
			if e.data != nil {
				return e
			}
		}
	}
}

// text waits for an event of a line that holds the text.
func (s *stream) text(text string) event {
	s.t.Helper()
	for {
		if e := s.next(); strings.Contains(e.data["text"].(string), text) {
			return e
		}
	}
}

func TestChangesAreToldToWhoMaySeeThem(t *testing.T) {
	w := newWorld(t)
	w.person("viewer")
	site, instance, service := w.site("harbor")
	_, _, foreign := w.site("elsewhere")
	_, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: site.ID, Username: "viewer", Role: app.Viewer})
	must(t, err)
	for _, path := range []string{"/events", "/events?instance=" + string(instance.ID)} {
		changes := w.browser("viewer").listen(path, "")
		_, err := w.Scale(w.ctx, w.admin, foreign.ID, 3)
		must(t, err)
		told := make(chan event, 1)
		go func() { told <- changes.next() }()
		// What changes before the server has begun to listen is not told, so it changes again.
		var e event
		replicas := 0
		eventually(t, "the change is told", func() bool {
			replicas = (replicas + 1) % 5
			_, err := w.Scale(w.ctx, w.admin, service.ID, replicas)
			must(t, err)
			select {
			case e = <-told:
				return true
			default:
				return false
			}
		})
		if e.data["noun"] != "service" || e.data["instance"] != string(instance.ID) {
			t.Errorf("%s told %v", path, e.data)
		}
	}
}

func TestLogsAreFollowed(t *testing.T) {
	w := newWorld(t)
	_, instance, service := w.site("harbor")
	release := w.deploy(instance, procfile+"release: echo first; printf '\\033[31msecond\\033[0m\\n' >&2; echo third\n")
	b := w.browser("admin")
	path := "/releases/" + string(release.ID) + "/log"
	eventually(t, "the last line is written, behind the state", func() bool {
		return strings.Contains(b.get("/releases/"+string(release.ID)).body, "v1 is active: web.")
	})
	t.Run("from the first line to the end, with who wrote it", func(t *testing.T) {
		s := b.listen(path, "")
		if e := s.text("v1: deploy"); e.data["stream"] != "gondor" {
			t.Errorf("Gondor's line is %v", e.data)
		}
		if e := s.text("first"); e.data["stream"] != "stdout" || e.data["replica"] != "release" {
			t.Errorf("the line of standard output is %v", e.data)
		}
		s.text("v1 is active")
		if e := s.next(); e.name != "end" {
			t.Errorf("behind the last line comes %v", e)
		}
	})
	t.Run("from where the browser was", func(t *testing.T) {
		first := b.listen(path, "").text("first")
		if e := b.listen(path, first.id).next(); e.data["text"] != "second" && e.data["text"] != "third" {
			t.Errorf("behind the first line comes %v", e)
		}
		if e := b.listen(path+"?after="+first.id, "").next(); e.data["text"] == "first" {
			t.Error("a line came twice")
		}
	})
	t.Run("without what only terminals understand", func(t *testing.T) {
		if e := b.listen(path, "").text("second"); e.data["text"] != "second" || e.data["stream"] != "stderr" {
			t.Errorf("the line of standard error is %v", e.data)
		}
	})
	t.Run("as it is written", func(t *testing.T) {
		s := b.listen("/services/"+string(service.ID)+"/log", "")
		s.text("the site starts")
		_, err := w.Restart(w.ctx, w.admin, service.ID)
		must(t, err)
		s.text("the site starts")
	})
}
