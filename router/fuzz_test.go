package router

import (
	"bufio"
	"bytes"
	"io"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
)

func FuzzParseHost(f *testing.F) {
	for _, seed := range []string{"", "a", "a.b.", "A.b:80", "[::1]:1", "1.2.3.4", ":", "[", "a..b", "*.a", "a:99999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		n, ok := parseHost(value)
		if !ok {
			return
		}
		if n.address == (n.host != "") {
			t.Errorf("%q is neither name nor address, or both", value)
		}
		if n.host != strings.ToLower(n.host) || strings.ContainsAny(n.host, ":/@ *,\x00") || strings.HasSuffix(n.host, ".") {
			t.Errorf("%q gives the host %q", value, n.host)
		}
		if again, ok := parseHost(n.host); !n.address && (!ok || again.host != n.host) {
			t.Errorf("%q is not the same again", n.host)
		}
	})
}

func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", "for=1.2.3.4", `For="[::1]:80";proto=http;host=a, for=_x`, `for="a\"b"`, ";,;=", "for=\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		elements, err := parseForwarded([]string{value})
		if err != nil && elements != nil {
			t.Error("half a field is believed")
		}
		for _, e := range elements {
			if e.node == "" || !httpguts.ValidHeaderFieldValue(e.node+e.host+e.proto) || e.proto != strings.ToLower(e.proto) {
				continue
			}
			again, err := parseForwarded([]string{string(appendElement(nil, e.node, e.host, e.proto))})
			if err != nil || len(again) != 1 || nodeAddress(again[0].node) != nodeAddress(e.node) || again[0].host != e.host || again[0].proto != e.proto {
				t.Errorf("%+v is not the same again: %+v, %v", e, again, err)
			}
			if strings.ContainsAny(plainNode(e.node), ", ") {
				t.Errorf("%q would be two members of a list", e.node)
			}
		}
	})
}

func FuzzForwardedFor(f *testing.F) {
	for _, seed := range []string{"", "1.2.3.4", "1.2.3.4:80, ::1", "[::1]:80,unknown", ",,", "10.0.0.1, 10.0.0.2"} {
		f.Add(seed)
	}
	r := New(Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	f.Fuzz(func(t *testing.T, value string) {
		chain := splitList([]string{value})
		for _, one := range chain {
			if one == "" || strings.Contains(one, ",") {
				t.Errorf("%q has the member %q", value, one)
			}
		}
		if client := r.clientOf(chain, netip.MustParseAddr("192.0.2.1")); client.String() != "192.0.2.1" {
			t.Errorf("%q made an untrusted peer %s", value, client)
		}
		if client := r.clientOf(chain, netip.MustParseAddr("10.1.1.1")); !client.IsValid() {
			t.Errorf("%q leaves no client", value)
		}
	})
}

func FuzzReadAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.0 404\n\nx", "HTTP/1.1 204 \r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		in := bufio.NewReaderSize(bytes.NewReader(answer), 64)
		var h head
		if readHead(in, &h) != nil {
			return
		}
		for _, one := range h.fields {
			if !httpguts.ValidHeaderFieldName(one.name) || !httpguts.ValidHeaderFieldValue(one.value) {
				t.Errorf("passed on %q: %q", one.name, one.value)
			}
		}
		var b body
		b.start(in, &h, "GET")
		n, err := io.Copy(io.Discard, &b)
		if err == nil && b.coding == byLength && h.length > 0 && h.status != 204 && h.status != 304 && n != h.length {
			t.Errorf("%d bytes of %d look whole", n, h.length)
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte{0x81, 0x01, 'a', 0x88, 0x02, 3, 0xe9}, 2)
	f.Add([]byte{0x82, 0x7e, 0x01, 0x00}, 1)
	f.Fuzz(func(t *testing.T, stream []byte, at int) {
		at = min(max(at, 0), len(stream))
		var whole, halves frames
		whole.pass(stream)
		halves.pass(stream[:at])
		halves.pass(stream[at:])
		if whole.between() != halves.between() {
			t.Error("where a stream is cut changes where its frames end")
		}
	})
}
