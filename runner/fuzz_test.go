package runner

import (
	"bufio"
	"bytes"
	"io"
	"testing"

	"gondor/app"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range [][]byte{{}, {0}, {0, 'a'}, {3, 1}, {255, 0}, {255}, {255, 0, 1}, []byte("\x04{\"Width\":80,\"Height\":24}"), []byte("\x04{}"), []byte("\x04[")} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, message []byte, old bool) {
		d := channels
		if old {
			d = plain
		}
		got, err := d.decode(bufio.NewReader(bytes.NewReader(message)))
		if err != nil {
			if app.CodeOf(err) != app.CodeInvalid {
				t.Fatalf("bytes in memory fail with %v", err)
			}
			return
		}
		switch got.kind {
		case frameStdin:
			data, err := io.ReadAll(got.data)
			if err != nil || len(data) == 0 || !bytes.Equal(data, message[1:]) {
				t.Fatalf("%q gave the input %q: %v", message, data, err)
			}
		case frameResize:
			if old || checkWindow(got.window) != nil {
				t.Fatalf("%q gave the window %v", message, got.window)
			}
		}
	})
}
