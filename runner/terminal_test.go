package runner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// guest is a client with a terminal that can come back.
type guest struct {
	*client
	house  *house
	path   string
	secret string
}

// visit joins a terminal and hears its secret.
func (h *house) visit(t *testing.T, command string) *guest {
	t.Helper()
	g := &guest{house: h, path: h.Publish(newShell("%s", command))}
	g.client = &client{t: t, name: "channels", sizes: map[byte]int{}}
	if status := g.dial(`{"tty": true, "width": 80, "height": 24, "resume": true}`); status != http.StatusSwitchingProtocols {
		t.Fatalf("the WebSocket was refused with %d", status)
	}
	_, message, err := g.socket.ReadMessage()
	if err != nil || message[0] != 5 {
		t.Fatalf("the first message is %q, %v", message, err)
	}
	var told struct{ Secret string }
	if err := json.Unmarshal(message[1:], &told); err != nil || len(told.Secret) < 20 {
		t.Fatalf("the secret is told as %q, %v", message, err)
	}
	g.secret = told.Secret
	return g
}

func (g *guest) dial(options string) int {
	socket, status := g.house.dial(g.path, http.Header{"X-Pipe-Opts": {options}}, "v5.channel.k8s.io")
	if socket != nil {
		g.t.Cleanup(func() { socket.Close() })
		_ = socket.SetReadDeadline(time.Now().Add(time.Minute))
		g.socket = socket
	}
	return status
}

// returns comes back with a secret.
func (g *guest) returns(secret string) int {
	return g.dial(fmt.Sprintf(`{"tty": true, "width": 100, "height": 30, "secret": %q, "received": %d}`, secret, g.stdout.Len()))
}

// sees reads until the output holds a text.
func (g *guest) sees(text string) {
	g.t.Helper()
	for !strings.Contains(g.stdout.String(), text) {
		_, message, err := g.socket.ReadMessage()
		if err != nil {
			g.t.Fatalf("%q was not seen in %q: %v", text, g.stdout.String(), err)
		}
		g.take(message)
	}
}

// cut loses the connection as a network does: nobody says goodbye.
func (g *guest) cut() { _ = g.socket.NetConn().Close() }

func TestATerminalGoesOnWhereItWasWhenItsClientComesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.visit(t, `stty -echo; echo ready; read -r a; i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; read -r b; stty size; echo "$a $b"; exit 7`)
	g.sees("ready")
	g.sendStdin([]byte("one\n"))
	g.sees("line 100")
	g.cut()
	if status := g.returns(g.secret); status != http.StatusSwitchingProtocols {
		t.Fatalf("it is refused with %d", status)
	}
	g.sees("line 19999")
	g.sendStdin([]byte("two\n"))
	g.sees("one two")
	if closed := g.readAll(); closed != websocket.CloseNormalClosure {
		t.Errorf("it closed with %d", closed)
	}
	if code, _ := g.code(); code != "7" {
		t.Errorf("it ended with %s", code)
	}
	var want bytes.Buffer
	want.WriteString("ready\r\n")
	for i := range 20000 {
		fmt.Fprintf(&want, "line %d\r\n", i)
	}
	want.WriteString("30 100\r\none two\r\n")
	if got := g.stdout.String(); got != want.String() {
		t.Errorf("of %d bytes %d came, not the same: they end in %q", want.Len(), len(got), got[max(0, len(got)-60):])
	}
}

func TestWhoComesBackTakesThePlaceOfTheConnectionThatSeemsToBeThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.visit(t, "echo ready; exec cat")
	g.sees("ready")
	before := g.socket
	if status := g.returns(g.secret); status != http.StatusSwitchingProtocols {
		t.Fatalf("it is refused with %d", status)
	}
	if _, _, err := before.ReadMessage(); err == nil {
		t.Error("the connection before goes on")
	}
	g.sendStdin([]byte("again\n"))
	g.sees("again")
}

func TestTheEndIsToldToWhoComesBackForIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	gate := filepath.Join(t.TempDir(), "gate")
	g := h.visit(t, "echo ready; until [ -e '"+gate+"' ]; do sleep 0.01; done; echo last words; exit 3")
	g.sees("ready")
	g.cut()
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if status := g.returns(g.secret); status != http.StatusSwitchingProtocols {
		t.Fatalf("it is refused with %d", status)
	}
	g.readAll()
	if code, _ := g.code(); code != "3" || !strings.Contains(g.stdout.String(), "last words") {
		t.Errorf("it ended with %s, and wrote %q", code, g.stdout.String())
	}
	eventually(t, "it can't be come back to any more", func() bool { return g.returns(g.secret) == http.StatusNotFound })
}

func TestWhoMayNotComeBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.visit(t, "echo ready; exec cat")
	g.sees("ready")
	if status := g.returns("WRONG"); status != http.StatusForbidden {
		t.Errorf("with another secret the status is %d", status)
	}
	if status := g.dial(`{"tty": true}`); status != http.StatusConflict {
		t.Errorf("without a secret the status is %d", status)
	}
	piped := h.Publish(newShell("cat"))
	socket, _ := h.dial(piped, http.Header{"X-Pipe-Opts": {`{"tty": false, "resume": true}`}}, "v5.channel.k8s.io")
	defer socket.Close()
	if other := (&guest{client: g.client, house: h, path: piped}); other.returns(g.secret) != http.StatusNotFound {
		t.Error("a session through pipes can be come back to")
	}
}

func TestATerminalThatNobodyComesBackToIsEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.absence = 50 * time.Millisecond
	shell := newShell("echo ready; exec cat")
	g := &guest{house: h, path: h.Publish(shell), client: &client{t: t, name: "channels", sizes: map[byte]int{}}}
	g.dial(`{"tty": true, "width": 80, "height": 24, "resume": true}`)
	if _, _, err := g.socket.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	g.sees("ready")
	g.cut()
	if err := <-shell.ended; err == nil {
		t.Error("it ended by itself")
	}
	eventually(t, "it is forgotten", func() bool { return g.returns("ANY") == http.StatusNotFound })
}
