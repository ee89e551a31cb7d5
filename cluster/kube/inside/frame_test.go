package inside

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"gondor/app"
)

func FuzzFramesAreReadAsTheyWereWritten(f *testing.F) {
	f.Add([]byte("i\x00\x00\x00\x05hello"))
	f.Add([]byte("w\x00\x50\x00\x18"))
	f.Add([]byte("o\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, buf := bytes.NewReader(text), make([]byte, maxFrame)
		var again []byte
		for {
			k, data, err := readFrame(r, buf)
			if errors.Is(err, io.EOF) && !bytes.Equal(again, text) {
				t.Errorf("%q was read, %q written", text, again)
			}
			if err != nil {
				return
			}
			again = appendFrame(again, k, data)
		}
	})
}

func FuzzAFarEndCanDoNoHarm(f *testing.F) {
	f.Add([]byte("k\x00\x00\x00\x00o\x00\x00\x00\x05hellox\x00\x00\x00\x1d{\"code\":3,\"message\":\"status\"}"))
	f.Add([]byte("t\x00\x00\x00\x04\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _ = Attach(t.Context(), io.Discard, bytes.NewReader(text), app.Streams{Stdin: strings.NewReader("hello"), Stdout: io.Discard})
	})
}

func TestSocketsAreReadAsTheKernelWritesThem(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 100 0 0 10 0
   1: 0A00000A:1F90 0B00000A:C001 01 00000000:00000000 00:00000000 00000000  1000        0 0 1 0 100 0 0 10 0
   2: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1
   3: 0000000000000000FFFF00000100007F:1F92 0000000000000000FFFF00000100007F:C002 01 00000000:00000000 00:00000000 00000000 0 0 1
   4: nonsense
`
	want := []socket{
		{netip.MustParseAddrPort("127.0.0.1:8080"), listening},
		{netip.MustParseAddrPort("10.0.0.10:8080"), established},
		{netip.MustParseAddrPort("[::1]:8081"), listening},
		{netip.MustParseAddrPort("127.0.0.1:8082"), established},
	}
	i := 0
	for s, err := range readSockets(strings.NewReader(table)) {
		if err != nil || i >= len(want) || s != want[i] {
			t.Fatalf("the socket %d is %+v, %v", i, s, err)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("there are %d sockets", i)
	}
}

func FuzzATableOfSocketsCanBeAnything(f *testing.F) {
	f.Add("   0: 0100007F:1F90 00000000:0000 0A 0")
	f.Add("   0: 00000000000000000000000001000000:1F91 0:0 01")
	f.Fuzz(func(_ *testing.T, table string) {
		for range readSockets(strings.NewReader(table)) {
		}
	})
}

func TestASpecIsReadAsItWasWritten(t *testing.T) {
	s := Spec{Command: "run", Kind: app.Web, Health: Health{Path: "/", Statuses: []int{204}}, TTY: true, Window: app.Window{Width: 80, Height: 24}}
	text, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseSpec(text)
	if err != nil || again.Command != "run" || again.Health.Statuses[0] != 204 || again.Window != s.Window {
		t.Errorf("%s is read as %+v, %v", text, again, err)
	}
}

func TestASpecThatCanNotBeRunIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":                                `run`,
		"nothing to run":                         `{}`,
		"a nameless program":                     `{"argv":[""]}`,
		"a relative path":                        `{"command":"run","dir":"app"}`,
		"a kind that none is":                    `{"command":"run","kind":"redis"}`,
		"a web service whose health has no path": `{"command":"run","kind":"web"}`,
		"a negative time":                        `{"command":"run","timeout":-1}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseSpec(text); app.CodeOf(err) != app.CodeInvalid {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
