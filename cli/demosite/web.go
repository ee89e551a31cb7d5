package demosite

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

//go:embed page.html
var page string

// tick is how often a page is told the present state.
const tick = time.Second

// site is the web process.
type site struct {
	env      func(string) string
	started  time.Time
	template *template.Template
	watching atomic.Int64 // pages that are open
}

// state is what a page shows.
type state struct {
	Release  string  `json:"release"`
	Beats    int64   `json:"beats"` // of the worker, over all of its lives
	Watching int64   `json:"watching"`
	Uptime   float64 `json:"uptime"` // of the web process, in seconds
}

// Handler serves the page at / and its live state, as server-sent events, at /live. env
// looks up environment variables; started is when the process did.
func Handler(env func(string) string, started time.Time) http.Handler {
	s := &site{env: env, started: started, template: template.Must(template.New("page").Parse(page))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /live", s.live)
	return mux
}

func (s *site) state() state {
	return state{
		Release: s.env("GONDOR_RELEASE"), Beats: readBeats(s.env),
		Watching: s.watching.Load(), Uptime: time.Since(s.started).Seconds(),
	}
}

func (s *site) page(w http.ResponseWriter, r *http.Request) {
	_, domain, _ := strings.Cut(r.Host, ".")
	var b bytes.Buffer
	err := s.template.Execute(&b, struct {
		state
		Host, Dashboard string
	}{s.state(), r.Host, "http://" + domain + "/"})
	if err != nil {
		http.Error(w, "The page can't be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes()) // who has gone needs no page
}

// live tells the state once a tick until the page is closed.
func (s *site) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	s.watching.Add(1)
	defer s.watching.Add(-1)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		if s.send(w) != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *site) send(w http.ResponseWriter) error {
	data, err := json.Marshal(s.state())
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}
