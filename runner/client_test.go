package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gondor/app"
	"gondor/test/screen"
)

// house is a runner behind a real HTTP server.
type house struct {
	*Runner
	url   string
	logs  *screen.Screen
	frame int // the longest of its clients; 0: what their library makes
}

func newHouse(t *testing.T) *house {
	t.Helper()
	logs := &screen.Screen{}
	r := New(slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		server.Close()
	})
	return &house{Runner: r, url: server.URL, logs: logs}
}

func (h *house) socketURL(path string) string {
	return "ws" + strings.TrimPrefix(h.url, "http") + "/" + path + "/"
}

// dial opens the WebSocket of a path, or returns the status that refuses it.
func (h *house) dial(path string, header http.Header, protocols ...string) (*websocket.Conn, int) {
	dialer := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: 10 * time.Second, WriteBufferSize: h.frame}
	socket, response, err := dialer.Dial(h.socketURL(path), header)
	if err != nil {
		if response == nil {
			return nil, 0
		}
		return nil, response.StatusCode
	}
	return socket, http.StatusSwitchingProtocols
}

// client speaks one dialect as its documents describe it, sharing no code with the server.
type client struct {
	t      *testing.T
	name   string
	socket *websocket.Conn
	sizes  map[byte]int
	stdout bytes.Buffer
	stderr bytes.Buffer
	last   []byte // what came on the control channel
	mu     sync.Mutex
}

// dialects are the two ways that every conformance test runs in.
var dialects = []string{"plain", "channels"}

func (h *house) join(t *testing.T, name string, s app.Session, opts string) *client {
	t.Helper()
	var protocols []string
	if name == "channels" {
		protocols = []string{"v5.channel.k8s.io"}
	}
	if opts == "" {
		opts = `{"tty": false}`
	}
	socket, status := h.dial(h.Publish(s), http.Header{"X-Pipe-Opts": {opts}}, protocols...)
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("the WebSocket was refused with %d", status)
	}
	t.Cleanup(func() { socket.Close() })
	return &client{t: t, name: name, socket: socket, sizes: map[byte]int{}}
}

func (c *client) send(message ...byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.socket.WriteMessage(websocket.BinaryMessage, message); err != nil {
		c.t.Errorf("send on channel %d: %v", message[0], err)
	}
}

func (c *client) sendStdin(data []byte) { c.send(append([]byte{0}, data...)...) }

func (c *client) endStdin() {
	if c.name == "channels" {
		c.send(255, 0)
	} else {
		c.send(0)
	}
}

// readAll reads to the end of the session and returns the close code.
func (c *client) readAll() int {
	c.t.Helper()
	for {
		_, message, err := c.socket.ReadMessage()
		if err != nil {
			if closed, ok := err.(*websocket.CloseError); ok {
				return closed.Code
			}
			c.t.Fatalf("the connection broke: %v", err)
		}
		c.take(message)
	}
}

func (c *client) take(message []byte) {
	if len(message) == 0 {
		c.t.Fatal("a message without a channel")
	}
	if c.last != nil && message[0] != 3 {
		c.t.Fatalf("channel %d spoke after the end was told", message[0])
	}
	switch message[0] {
	case 1:
		c.stdout.Write(message[1:])
	case 2:
		c.stderr.Write(message[1:])
	case 3:
		c.last = append(c.last, message[1:]...)
		if c.last == nil {
			c.last = []byte{}
		}
	default:
		c.t.Fatalf("the server spoke on channel %d", message[0])
	}
}

// code is the exit code that the client was told; the plain dialect only tells 0 from
// others, with the reason.
func (c *client) code() (code string, reason string) {
	if c.name == "plain" {
		if len(c.last) == 0 {
			return "0", ""
		}
		return "1", string(c.last)
	}
	var s struct {
		Status, Message, Reason string
		Details                 struct {
			Causes []struct{ Reason, Message string }
		}
	}
	if err := json.Unmarshal(c.last, &s); err != nil {
		c.t.Fatalf("the status is not JSON: %s", c.last)
	}
	if s.Status == "Success" {
		return "0", ""
	}
	if s.Reason != "NonZeroExitCode" {
		return s.Reason, s.Message
	}
	if len(s.Details.Causes) != 1 || s.Details.Causes[0].Reason != "ExitCode" {
		c.t.Fatalf("the status names no exit code: %s", c.last)
	}
	return s.Details.Causes[0].Message, s.Message
}

// each runs a conformance test in both dialects.
func each(t *testing.T, test func(t *testing.T, h *house, dialect string)) {
	for _, name := range dialects {
		t.Run(fmt.Sprintf("in the dialect %s", name), func(t *testing.T) {
			t.Parallel()
			test(t, newHouse(t), name)
		})
	}
}
