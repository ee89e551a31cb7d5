package router_test

import (
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"gondor/app"
	"gondor/router"
)

// release is a site that has these files and answers 404 to all else. It counts what it is
// asked.
func release(t testing.TB, name string, asked *atomic.Int64, files ...string) string {
	return site(t, func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		for _, file := range files {
			if req.URL.Path == file {
				_, _ = io.WriteString(w, name+" has "+file)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, name+" has no "+req.URL.Path)
	})
}

// switched is a route from one release to another, while the one before drains.
func switched(host, now string, before ...string) app.Route {
	r := routeTo(host, now)
	r.Others = routeTo(host, before...).Backends
	return r
}

func TestWhatPagesOfTheReleaseBeforeLinkIsStillFound(t *testing.T) {
	for _, c := range []struct {
		name, method, path string
		header             http.Header
		status             int
		body               string
		asked              int64 // of the release before
	}{
		{"an asset of the new release", "GET", "/new.js", nil, 200, "new has /new.js", 0},
		{"an asset that only the release before has", "GET", "/old.js", nil, 200, "old has /old.js", 1},
		{"its head", "HEAD", "/old.js", nil, 200, "", 1},
		{"one that a browser wants as a script", "GET", "/old.js", http.Header{"Sec-Fetch-Dest": {"script"}, "Accept": {"*/*"}}, 200, "old has /old.js", 1},
		{"one that nobody has", "GET", "/none.js", nil, 404, "new has no /none.js", 1},
		{"a document", "GET", "/old.js", http.Header{"Sec-Fetch-Dest": {"document"}}, 404, "new has no /old.js", 0},
		{"a document of a frame", "GET", "/old.js", http.Header{"Sec-Fetch-Dest": {"iframe"}}, 404, "new has no /old.js", 0},
		{"a document of a browser that does not say so", "GET", "/old.js", http.Header{"Accept": {"application/xml;q=0.9, Text/HTML"}}, 404, "new has no /old.js", 0},
		{"what changes something", "POST", "/old.js", nil, 404, "new has no /old.js", 0},
		{"what deletes something", "DELETE", "/old.js", nil, 404, "new has no /old.js", 0},
		{"a question for what may be asked", "OPTIONS", "/old.js", nil, 404, "new has no /old.js", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, now atomic.Int64
			h := open(t, router.Options{}, switched("a.example.com",
				release(t, "new", &now, "/new.js"), release(t, "old", &before, "/old.js")))
			request := h.request(t, c.method, "a.example.com", c.path, nil)
			maps.Copy(request.Header, c.header)
			response := h.do(t, request)
			body, err := io.ReadAll(response.Body)
			must(t, err)
			equal(t, "status", response.StatusCode, c.status)
			equal(t, "body", string(body), c.body)
			equal(t, "the release before was asked", before.Load(), c.asked)
			equal(t, "the new release was asked", now.Load(), 1)
		})
	}
}

func TestAnAssetOfAReleaseThatCameWhileTheOneBeforeAnsweredIsFound(t *testing.T) {
	inside, answer := make(chan struct{}), make(chan struct{})
	before := site(t, func(w http.ResponseWriter, _ *http.Request) {
		close(inside)
		<-answer
		w.WriteHeader(http.StatusNotFound)
	})
	var asked atomic.Int64
	h := open(t, router.Options{}, routeTo("a.example.com", before))
	w := h.wire(t).send("GET /new.js HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
	<-inside
	h.routes.set("a.example.com", release(t, "new", &asked, "/new.js"))
	close(answer)
	_, body := w.answer("GET")
	equal(t, "body", body, "new has /new.js")
}

func TestOfSeveralReleasesThatDrainTheOneThatHasItAnswers(t *testing.T) {
	var asked atomic.Int64
	h := open(t, router.Options{}, switched("a.example.com", release(t, "third", &asked, "/3.js"),
		release(t, "second", &asked, "/2.js"), release(t, "first", &asked, "/1.js")))
	for path, want := range map[string]string{"/1.js": "first has /1.js", "/2.js": "second has /2.js", "/3.js": "third has /3.js"} {
		for range 5 { // whichever is asked first
			response := h.do(t, h.request(t, "GET", "a.example.com", path, nil))
			body, err := io.ReadAll(response.Body)
			must(t, err)
			equal(t, "body", string(body), want)
		}
	}
}

func TestA404IsSentAsItIs(t *testing.T) {
	huge := strings.Repeat("nothing here ", 1<<17) // more than any buffer between takes
	bare := site(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-From", "new")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, huge)
	})
	for _, c := range []struct{ name, before string }{
		{"when nothing drains", ""},
		{"when what drains refuses connections", nobody(t)},
		{"when it breaks off", answers(t, "HTTP/1.1 20")},
		{"when it fails", answers(t, "HTTP/1.1 500 Oops\r\nX-From: old\r\nContent-Length: 4\r\n\r\noops")},
		{"when it does not speak HTTP", answers(t, "hello\r\n\r\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			route := switched("a.example.com", bare)
			if c.before != "" {
				route = switched("a.example.com", bare, c.before)
			}
			h := open(t, router.Options{}, route)
			response := h.do(t, h.request(t, "GET", "a.example.com", "/old.js", nil))
			body, err := io.ReadAll(response.Body)
			must(t, err)
			equal(t, "status", response.StatusCode, 404)
			equal(t, "field", strings.Join(response.Header["X-From"], ","), "new")
			equal(t, "the body is whole", string(body) == huge, true)
		})
	}
}

func TestADrainWaitsForWhatIsAskedOfTheReleaseBefore(t *testing.T) {
	inside, answer := make(chan struct{}), make(chan struct{})
	before := site(t, func(w http.ResponseWriter, _ *http.Request) {
		close(inside)
		<-answer
		_, _ = io.WriteString(w, "old")
	})
	var asked atomic.Int64
	now := release(t, "new", &asked)
	h := open(t, router.Options{}, switched("a.example.com", now, before))
	w := h.wire(t).send("GET /old.js HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
	<-inside
	h.routes.set("a.example.com", now) // its time to linger is over
	drained := make(chan error, 1)
	go func() { drained <- h.Drain(t.Context(), before) }()
	select {
	case err := <-drained:
		t.Errorf("the drain ended, with %v, before the answer", err)
	default:
	}
	close(answer)
	_, body := w.answer("GET")
	equal(t, "body", body, "old")
	must(t, <-drained)

	status, _ := h.get(t, "a.example.com", "/old.js")
	equal(t, "status when nothing drains any more", status, 404)
}

func TestWhatDrainsIsKeptNoConnectionTo(t *testing.T) {
	var connections atomic.Int64
	server := &http.Server{
		Handler: says("old"),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				connections.Add(1)
			case http.StateClosed:
				connections.Add(-1)
			}
		},
	}
	listener := listen(t)
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	before := listener.Addr().String()
	var asked atomic.Int64
	now := release(t, "new", &asked)
	h := open(t, router.Options{}, routeTo("a.example.com", before))
	_, _ = h.get(t, "a.example.com", "/")
	equal(t, "connections while it serves", connections.Load(), 1)
	h.routes.tell(app.RouteChange{Route: switched("a.example.com", now, before)})
	status, body := h.get(t, "a.example.com", "/old.js")
	equal(t, "status", status, 200)
	equal(t, "body", body, "old")
	eventually(t, "all connections to it are closed", func() bool { return connections.Load() == 0 })
}
