package runner

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gondor/app"
)

var _ app.Endpoints = (*Runner)(nil)

func statusAt(t *testing.T, url string) int {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

func TestAPathCannotBeGuessed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seen := map[string]bool{}
	for range 1000 {
		path := h.Publish(newShell("true"))
		if !regexp.MustCompile(`^[A-Z2-7]{26}$`).MatchString(path) || seen[path] {
			t.Fatalf("path %q", path)
		}
		seen[path] = true
	}
}

func TestAnEndpointIsOKUntilItIsJoined(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := newShell("cat")
	path := h.Publish(s)
	if status := statusAt(t, h.url+"/"+path+"/ok"); status != 200 {
		t.Errorf("before: %d", status)
	}
	socket, _ := h.dial(path, nil)
	defer socket.Close()
	if status := statusAt(t, h.url+"/"+path+"/ok"); status != 409 {
		t.Errorf("joined: %d", status)
	}
	socket.Close()
	eventually(t, "the endpoint is forgotten", func() bool { return statusAt(t, h.url+"/"+path+"/ok") == 404 })
}

func TestOnlyOneOfManyJoins(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.Publish(newShell("cat"))
	var mu sync.Mutex
	statuses := map[int]int{}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			socket, status := h.dial(path, nil)
			if socket != nil {
				t.Cleanup(func() { socket.Close() })
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	all.Wait()
	if statuses[101] != 1 || statuses[409] != 19 {
		t.Errorf("statuses %v", statuses)
	}
}

func TestAnEndpointThatNobodyJoinsIsForgotten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.lifetime = 20 * time.Millisecond
	path := h.Publish(newShell("true"))
	eventually(t, "it has expired", func() bool { return statusAt(t, h.url+"/"+path+"/ok") == 404 })
	if _, status := h.dial(path, nil); status != 404 {
		t.Errorf("status %d", status)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.endpoints) != 0 {
		t.Errorf("%d endpoints are kept", len(h.endpoints))
	}
}

func TestWhatIsWrongWithAHandshakeIsSaidAndUsesNothingUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.Publish(newShell("true"))
	opts := func(text string) http.Header { return http.Header{"X-Pipe-Opts": {text}} }
	for _, c := range []struct {
		name   string
		header http.Header
		speak  string
		want   int
	}{
		{"a page of another host", http.Header{"Origin": {"https://evil.example"}}, "", 403},
		{"a page of no host", http.Header{"Origin": {"null"}}, "", 403},
		{"options that are not JSON", opts("tty"), "", 400},
		{"a terminal that is too wide", opts(`{"tty": true, "width": 70000, "height": 1}`), "", 400},
		{"a terminal of negative size", opts(`{"tty": true, "width": -1, "height": 1}`), "", 400},
		{"an unknown subprotocol", nil, "chat", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			var protocols []string
			if c.speak != "" {
				protocols = []string{c.speak}
			}
			if _, status := h.dial(path, c.header, protocols...); status != c.want {
				t.Errorf("status %d, want %d", status, c.want)
			}
		})
	}
	if status := statusAt(t, h.url+"/"+path+"/"); status != http.StatusUpgradeRequired {
		t.Errorf("without a WebSocket: %d", status)
	}
	if _, status := h.dial(path, nil); status != 101 {
		t.Errorf("then the right one: %d", status)
	}
}

func TestWhoMayJoin(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		name   string
		header http.Header
	}{
		{"a page of the same host", http.Header{"Origin": {h.url}}},
		{"an old client, whose origin is localhost", http.Header{"Origin": {"http://localhost"}, "X-Pipe-Opts": {`{"tty":false}`}}},
		{"a client without an origin", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			socket, status := h.dial(h.Publish(newShell("true")), c.header)
			if status != 101 {
				t.Fatalf("status %d", status)
			}
			socket.Close()
		})
	}
}

func TestAPathIsNeverLogged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	paths := []string{h.Publish(newShell("true")), h.Publish(newShell("echo; exec sleep 600"))}
	request := httptest.NewRequest("GET", "/"+paths[0]+"/", nil)
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "websocket")
	h.ServeHTTP(httptest.NewRecorder(), request) // a handshake that fails when it is too late
	socket, _ := h.dial(paths[1], nil)
	_, _, _ = socket.ReadMessage()
	socket.Close()
	eventually(t, "something is logged", func() bool { return h.logs.String() != "" })
	for _, path := range paths {
		if strings.Contains(h.logs.String(), path) {
			t.Errorf("the log holds %s:\n%s", path, h.logs)
		}
	}
}

func TestStoppingEndsTheSessions(t *testing.T) {
	t.Parallel()
	r := New(slog.New(slog.DiscardHandler))
	server := httptest.NewServer(r)
	defer server.Close()
	h := &house{Runner: r, url: server.URL}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	s := newShell("cat /dev/zero")
	peer := h.join(t, "channels", s, "") // which never reads
	waiting := r.Publish(newShell("true"))
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := <-s.ended; err == nil {
		t.Error("the context of Join did not end")
	}
	if status := statusAt(t, h.url+"/"+waiting+"/ok"); status != 404 {
		t.Errorf("an endpoint after the stop: %d", status)
	}
	peer.socket.Close()
}
