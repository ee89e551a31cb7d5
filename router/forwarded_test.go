package router_test

import (
	"bufio"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"gondor/router"
)

// seen returns the head that a backend gets of a raw request.
func seen(t testing.TB, options router.Options, request string) string {
	t.Helper()
	heads := make(chan string, 1)
	address := rawSite(t, func(c net.Conn, in *bufio.Reader) {
		head, err := readHead(in)
		if err != nil {
			return
		}
		heads <- head
		_, _ = c.Write([]byte("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"))
		_, _ = in.ReadByte()
	})
	h := open(t, options, routeTo("a.example.com", address))
	h.wire(t).send(request).answer("GET")
	return <-heads
}

func fieldsOf(head, name string) []string {
	var found []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if key, value, ok := strings.Cut(line, ": "); ok && strings.EqualFold(key, name) {
			found = append(found, value)
		}
	}
	return found
}

const forged = "X-Forwarded-For: 6.6.6.6\r\nx-forwarded-proto: https\r\nX-FORWARDED-HOST: evil.org\r\nX-Forwarded-Port: 1\r\n" +
	"X-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Request-ID: forged\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded_Proto: https\r\n" +
	"X-Forwarded-Prefix: /evil\r\nX-Forwarded-Ssl: on\r\nConnection: X-Forwarded-For, X-Real-IP\r\n"

func TestAClientCantForgeItsOrigin(t *testing.T) {
	head := seen(t, router.Options{}, "GET / HTTP/1.1\r\nHost: a.example.com:8080\r\n"+forged+"\r\n")
	for name, want := range map[string]string{
		"X-Forwarded-For":    "127.0.0.1",
		"X-Forwarded-Proto":  "http",
		"X-Forwarded-Host":   "a.example.com:8080",
		"X-Forwarded-Port":   "8080",
		"X-Real-IP":          "127.0.0.1",
		"Forwarded":          `for=127.0.0.1;host="a.example.com:8080";proto=http`,
		"Host":               "a.example.com:8080",
		"X_Forwarded_For":    "",
		"X-Forwarded_Proto":  "",
		"X-Forwarded-Prefix": "",
		"X-Forwarded-Ssl":    "",
	} {
		equal(t, name, strings.Join(fieldsOf(head, name), " | "), want)
	}
	id := strings.Join(fieldsOf(head, "X-Request-ID"), " | ")
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) {
		t.Errorf("the request ID is %q", id)
	}
}

func TestATrustedProxyIsBelievedAndCompleted(t *testing.T) {
	trust := router.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}}
	type want map[string]string
	for _, c := range []struct {
		name, fields string
		want         want
	}{
		{"that says nothing", "", want{
			"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1;host=a.example.com;proto=http",
		}},
		{
			"that says all", "X-Forwarded-For: 192.0.2.1, 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example.com\r\nX-Real-IP: 192.0.2.9\r\nX-Request-ID: abc-1\r\n",
			want{
				"X-Forwarded-For": "192.0.2.1, 10.0.0.1, 127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example.com",
				"X-Forwarded-Port": "443", "X-Real-IP": "192.0.2.9", "X-Request-ID": "abc-1", "Host": "a.example.com",
				"Forwarded": "for=192.0.2.1;host=shop.example.com;proto=https, for=10.0.0.1, for=127.0.0.1",
			},
		},
		{"whose own client forged", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.1, 10.0.0.1\r\n", want{
			"X-Forwarded-For": "6.6.6.6, 192.0.2.1, 10.0.0.1, 127.0.0.1", "X-Real-IP": "192.0.2.1",
		}},
		{"that says it as RFC 7239 does", `Forwarded: for="[2001:db8::1]:4711";proto=https;host=shop.example.com, for=10.0.0.1` + "\r\n", want{
			"Forwarded":       `for="[2001:db8::1]:4711";proto=https;host=shop.example.com, for=10.0.0.1, for=127.0.0.1;host=a.example.com;proto=http`,
			"X-Forwarded-For": "2001:db8::1, 10.0.0.1, 127.0.0.1", "X-Real-IP": "2001:db8::1",
			"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example.com",
		}},
		{
			"that says odd things", "Forwarded: for=\"\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Host: a b\r\nX-Forwarded-Port: no\r\nX-Real-IP: me\r\nX-Request-ID: a b\r\nX-Forwarded-For: unknown\r\n",
			want{
				"X-Forwarded-For": "unknown, 127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "a.example.com",
				"X-Forwarded-Port": "80", "X-Real-IP": "127.0.0.1", "Forwarded": "for=unknown;host=a.example.com;proto=http, for=127.0.0.1",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := seen(t, trust, "GET / HTTP/1.1\r\nHost: a.example.com\r\n"+c.fields+"\r\n")
			for name, want := range c.want {
				equal(t, name, strings.Join(fieldsOf(head, name), " | "), want)
			}
		})
	}
}

// RFC 9110 section 7.6.1.
func TestTheFieldsOfAConnectionStayOnIt(t *testing.T) {
	head := seen(t, router.Options{}, "GET /a%2Fb?c=%20d HTTP/1.1\r\nHost: a.example.com\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n"+
		"Proxy-Connection: x\r\nTE: trailers, gzip\r\nUpgrade: h2c\r\nX-Other: 2\r\nCookie: a=1\r\nVia: 1.0 front\r\n\r\n")
	for name, want := range map[string]string{
		"X-Mine": "", "Keep-Alive": "", "Proxy-Connection": "", "Upgrade": "", "TE": "trailers", "Connection": "TE",
		"X-Other": "2", "Cookie": "a=1", "Via": "1.0 front, 1.1 gondor",
	} {
		equal(t, name, strings.Join(fieldsOf(head, name), " | "), want)
	}
	if line, _, _ := strings.Cut(head, "\r\n"); line != "GET /a%2Fb?c=%20d HTTP/1.1" {
		t.Errorf("the target was changed: %s", line)
	}
}

func TestTheTargetReachesTheBackendInOriginForm(t *testing.T) {
	for target, want := range map[string]string{
		"/x?y": "/x?y", "//x": "//x", "http://a.example.com/x?y": "/x?y", "http://a.example.com?y": "/?y",
		"http://a.example.com": "/", "HTTP://a.example.com:80/%41": "/%41",
	} {
		head := seen(t, router.Options{}, "GET "+target+" HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
		line, _, _ := strings.Cut(head, "\r\n")
		equal(t, target, line, "GET "+want+" HTTP/1.1")
	}
	head := seen(t, router.Options{}, "OPTIONS * HTTP/1.1\r\nHost: a.example.com\r\n\r\n")
	equal(t, "OPTIONS *", strings.HasPrefix(head, "OPTIONS * HTTP/1.1\r\n"), true)
}
