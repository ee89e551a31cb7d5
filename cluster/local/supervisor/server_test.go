package supervisor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"gondor/app"
)

func TestRubbishOnTheSocketGetsAnAnswerAndHarmsNobody(t *testing.T) {
	c := launch(t, t.TempDir())
	start(t, c, sh("p", "exec sleep 600"))
	tests := map[string][]byte{
		"text":                    []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"a frame that is too big": {byte(kindMessage), 0xff, 0xff, 0xff, 0xff},
		"a frame of data":         append([]byte{byte(kindStdin), 0, 0, 0, 1}, 'x'),
		"no JSON":                 append([]byte{byte(kindMessage), 0, 0, 0, 1}, '{'),
		"JSON of another kind":    append([]byte{byte(kindMessage), 0, 0, 0, 2}, "[]"...),
		"no request":              message(t, request{Protocol: protocol, Op: "dance"}),
		"another version":         message(t, request{Protocol: 99, Op: opList}),
		"a start of nothing":      message(t, request{Protocol: protocol, Op: opStart}),
		"lines of nothing":        message(t, request{Protocol: protocol, Op: opLines}),
		"an impossible signal":    message(t, request{Protocol: protocol, Op: opSignal, ID: "p", Signal: 1000}),
	}
	for name, sent := range tests {
		t.Run(name, func(t *testing.T) {
			raw, err := dialSocket(t.Context(), c.dir)
			must(t, err)
			defer func() { _ = raw.Close() }()
			_, err = raw.Write(sent)
			must(t, err)
			var known *app.Error
			if _, err := readReply(raw); !errors.As(err, &known) {
				t.Fatalf("the answer is %v", err)
			}
		})
	}
	if got := status(t, c, "p"); got.State != StateRunning {
		t.Fatalf("the process is %+v", got)
	}
}

func TestRubbishInAStreamEndsTheAttachAlone(t *testing.T) {
	c := launch(t, t.TempDir())
	tests := map[string]func(*net.UnixConn) error{
		"output":        func(k *net.UnixConn) error { return writeFrame(k, kindStdout, []byte("x")) },
		"no frame":      func(k *net.UnixConn) error { _, err := k.Write([]byte("rubbish")); return err },
		"without limit": flood,
		"after the end": func(k *net.UnixConn) error {
			return errors.Join(writeFrame(k, kindEnd, nil), writeFrame(k, kindStdin, []byte("x")))
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			s := sh(fmt.Sprintf("p%x", name), "exec sleep 600")
			s.Stdin = true
			start(t, c, s)
			k, err := c.open(t.Context(), request{Op: opAttach, ID: s.ID})
			must(t, err)
			defer k.end()
			_, err = k.next()
			must(t, err)
			must(t, spoil(k.UnixConn))
			if _, err := io.Copy(io.Discard, k); err != nil && !errors.Is(err, net.ErrClosed) {
				t.Log(err) // cut while data was under way
			}
			if got := status(t, c, s.ID); got.State != StateRunning {
				t.Fatalf("the process is %+v", got)
			}
		})
	}
}

// flood sends more than a process takes and was given credit for, until it is cut off.
func flood(k *net.UnixConn) error {
	for range 1000 {
		if writeFrame(k, kindStdin, make([]byte, maxData)) != nil {
			return nil
		}
	}
	return errors.New("nobody stopped it")
}

func message(t *testing.T, q request) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, writeMessage(&b, q))
	return b.Bytes()
}

func FuzzReadRequest(f *testing.F) {
	var b bytes.Buffer
	if err := writeMessage(&b, request{Protocol: protocol, Op: opStart, Spec: &Spec{ID: "a", Argv: []string{"x"}}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte{byte(kindMessage), 0, 0x7f, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		q, err := readRequest(bytes.NewReader(data))
		if err == nil && q.Protocol != protocol {
			t.Fatalf("it took %+v", q)
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{byte(kindStdin), 0, 0, 0, 2, 'h', 'i'})
	f.Add([]byte{byte(kindCredit), 0, 0, 0, 4, 0, 0, 1, 0})
	f.Add([]byte{byte(kindMessage), 0, 0x7f, 0xff, 0xff, 'x'})
	f.Fuzz(func(t *testing.T, data []byte) {
		k, got, err := readFrame(bytes.NewReader(data), make([]byte, 16))
		if err != nil {
			return
		}
		var again bytes.Buffer
		must(t, writeFrame(&again, k, got))
		length := frameHeader + int(binary.BigEndian.Uint32(data[1:]))
		if !bytes.Equal(again.Bytes(), data[:length]) {
			t.Fatalf("%q was read as %c %q", data, k, got)
		}
	})
}
