package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gondor/app"
)

func TestHowAProcessEndsIsToldAfterAllOfItsOutput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, command, stdout, stderr, plain, channels, reason string }{
		{"success", "echo out; echo err >&2", "out\n", "err\n", "0", "0", ""},
		{"exit status 3", "echo out; exit 3", "out\n", "", "1", "3", "exit status 3"},
		{"killed by a signal", "echo out; kill -9 $$", "out\n", "", "1", "137", "killed"},
		{"no output", "exit 0", "", "", "0", "0", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house, dialect string) {
				peer := h.join(t, dialect, newShell("%s", c.command), "")
				peer.endStdin()
				if closed := peer.readAll(); closed != websocket.CloseNormalClosure {
					t.Errorf("closed with %d", closed)
				}
				if peer.stdout.String() != c.stdout || peer.stderr.String() != c.stderr {
					t.Errorf("stdout %q, stderr %q", &peer.stdout, &peer.stderr)
				}
				code, reason := peer.code()
				if want := map[string]string{"plain": c.plain, "channels": c.channels}[dialect]; code != want || reason != c.reason {
					t.Errorf("code %s (%s), want %s (%s)", code, reason, want, c.reason)
				}
			})
		})
	}
}

func TestFiftyMegabytesPassExactlyInBothDirections(t *testing.T) {
	t.Parallel()
	const size = 50 << 20
	each(t, func(t *testing.T, h *house, dialect string) {
		source := rand.NewChaCha8([32]byte{7})
		sum := sha256.New()
		peer := h.join(t, dialect, newShell("tee /dev/stderr | sha256sum >&2"), "")
		go func() {
			block := make([]byte, 100_000) // longer than the server's own messages
			for left := size; left > 0; {
				n := min(left, len(block))
				_, _ = source.Read(block[:n])
				sum.Write(block[:n])
				peer.sendStdin(block[:n])
				left -= n
			}
			peer.endStdin()
		}()
		peer.readAll()
		line := peer.stderr.Bytes()[max(0, peer.stderr.Len()-68):]
		echo := sha256.Sum256(peer.stderr.Bytes()[:peer.stderr.Len()-68])
		if want := fmt.Sprintf("%x", sum.Sum(nil)); !strings.HasPrefix(string(line), want) || fmt.Sprintf("%x", echo) != want {
			t.Errorf("sent %s, the process read %s and echoed %x of %d bytes", want, line, echo, peer.stderr.Len()-68)
		}
	})
}

// pieces notes the largest piece in which input comes.
type pieces struct{ largest chan int }

func (p pieces) Join(_ context.Context, s app.Streams) (app.Exit, error) {
	largest, buf := 0, make([]byte, 2*chunk)
	for {
		n, err := s.Stdin.Read(buf)
		largest = max(largest, n)
		if err != nil {
			p.largest <- largest
			return app.Exit{}, nil
		}
	}
}

func TestInputIsHandedOnInThePiecesItCameIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house, dialect string) {
		h.frame = 2 * chunk
		s := pieces{make(chan int, 1)}
		peer := h.join(t, dialect, s, "")
		for range 32 { // some of which the system may cut
			peer.sendStdin(make([]byte, chunk))
		}
		peer.endStdin()
		peer.readAll()
		if largest := <-s.largest; largest != chunk {
			t.Errorf("the largest piece of messages of %d bytes has %d", chunk, largest)
		}
	})
}

func TestAProcessWaitsForASlowReader(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house, dialect string) {
		s := newShell("head -c 60000000 /dev/zero")
		peer := h.join(t, dialect, s, "")
		if _, message, err := peer.socket.ReadMessage(); err != nil || len(message) > 1+chunk {
			t.Fatalf("a message of %d bytes: %v", len(message), err)
		} else {
			peer.take(message)
		}
		select {
		case <-s.ended:
			t.Fatal("60 MB went out while nobody read them")
		case <-time.After(500 * time.Millisecond):
		}
		peer.readAll()
		if peer.stdout.Len() != 60000000 {
			t.Errorf("%d bytes came", peer.stdout.Len())
		}
		if code, _ := peer.code(); code != "0" {
			t.Errorf("code %s", code)
		}
	})
}

func TestATerminalHasOneStreamAndTheClientsSize(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house, dialect string) {
		peer := h.join(t, dialect, newShell("stty size; echo err >&2; exit 3"), `{"tty": true, "width": 90, "height": 33}`)
		peer.readAll()
		if peer.stdout.String() != "33 90\r\nerr\r\n" || peer.stderr.Len() != 0 {
			t.Errorf("stdout %q, stderr %q", &peer.stdout, &peer.stderr)
		}
	})
}

func TestATerminalFollowsTheClientsSize(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	peer := h.join(t, "channels", newShell("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done"), `{"tty": true, "width": 80, "height": 24}`)
	for !bytes.Contains(peer.stdout.Bytes(), []byte("ready")) {
		_, message, err := peer.socket.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		peer.take(message)
	}
	peer.send(append([]byte{4}, `{"Width":132,"Height":50}`...)...)
	peer.readAll()
	if !strings.HasSuffix(peer.stdout.String(), "50 132\r\n") {
		t.Errorf("stdout %q", &peer.stdout)
	}
}

func TestASessionThatFailsTellsWhatPeopleMayKnow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		err        error
	}{
		{"a domain error is told", "the build was cancelled", app.Fault(app.CodeFailed, "the build was cancelled")},
		{"any other error is not", "internal error", errors.New("open /var/lib/secret: permission denied")},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house, dialect string) {
				peer := h.join(t, dialect, failing{c.err}, "")
				peer.readAll()
				if code, reason := peer.code(); code == "0" || reason != c.want {
					t.Errorf("code %s, reason %q", code, reason)
				}
			})
		})
	}
}

func TestASessionEndsWhenItsClientHasGone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house, dialect string) {
		for _, way := range []string{"closes", "vanishes"} {
			s := newShell("echo ready; exec sleep 600")
			peer := h.join(t, dialect, s, "")
			if _, _, err := peer.socket.ReadMessage(); err != nil {
				t.Fatal(err)
			}
			if way == "closes" {
				_ = peer.socket.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""))
			}
			peer.socket.Close()
			if err := <-s.ended; err == nil {
				t.Errorf("the client %s and the context of Join did not end", way)
			}
		}
	})
}

func TestAClientThatReadsSlowlyIsNotSilent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	peer := h.join(t, "plain", newShell("head -c 60000000 /dev/zero"), "")
	peer.socket.SetPingHandler(func(string) error { return nil }) // as if every answer came too late
	line := time.NewTicker(20 * time.Millisecond)                 // a slow one: a message each time
	defer line.Stop()
	began, silence := time.Now(), 10*time.Second
	for time.Since(began) < 3*silence/2 {
		<-line.C
		_, message, err := peer.socket.ReadMessage()
		if err != nil {
			t.Fatalf("after %s and %d bytes: %v", time.Since(began), peer.stdout.Len(), err)
		}
		peer.take(message)
	}
	peer.socket.SetPingHandler(nil)
	peer.readAll()
	if peer.stdout.Len() != 60000000 {
		t.Errorf("%d bytes came", peer.stdout.Len())
	}
}

func TestASilentClientHasGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := newShell("exec sleep 600")
	peer := h.join(t, "plain", s, "") // nobody reads, so that no ping is answered
	begun := time.Now()
	if err := <-s.ended; err == nil {
		t.Error("the context of Join did not end")
	}
	if waited := time.Since(begun); waited < 9*time.Second || waited > 20*time.Second {
		t.Errorf("after %s", waited)
	}
	peer.socket.Close()
}

func TestAHeartbeatIsASignOfLifeAndNotAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	peer := h.join(t, "plain", newShell("sleep 11; echo done"), "")
	peer.socket.SetPingHandler(func(string) error { return nil }) // the heartbeat alone keeps it
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		ticker := time.NewTicker(5 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				peer.send(3, 1)
			}
		}
	}()
	peer.readAll()
	if code, reason := peer.code(); code != "0" || peer.stdout.String() != "done\n" {
		t.Errorf("code %s, reason %q, stdout %q", code, reason, &peer.stdout)
	}
}
