package router_test

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gondor/router"
)

func TestAnAccessIsOneLineOfWords(t *testing.T) {
	a := router.Access{
		Time: time.Date(2026, 3, 1, 9, 30, 0, 125e6, time.UTC), Took: 17 * time.Millisecond,
		Client: netip.MustParseAddr("192.0.2.7"), Host: "a.example.com", Method: "GET", Target: "/x\\y\x00é z", Status: 200, Sent: 5120,
		Backend: "10.0.0.4:8080", Instance: "i1", Service: "web", RequestID: "abc",
	}
	equal(t, "line", string(a.Append(nil)),
		`2026-03-01T09:30:00.125Z 192.0.2.7 a.example.com GET /x\x5cy\x00\xc3\xa9\x20z 200 5120 0.017 10.0.0.4:8080 i1 web abc`)
	equal(t, "text", a.Text(),
		`method=GET host=a.example.com path=/x\x5cy\x00\xc3\xa9\x20z status=200 bytes=5120 seconds=0.017 client=192.0.2.7 request_id=abc`)
	equal(t, "empty text", (&router.Access{}).Text(), `method=- host=- path=- status=0 bytes=0 seconds=0.000`)
	equal(t, "empty", string((&router.Access{}).Append(nil)), `0001-01-01T00:00:00.000Z - - - - 0 0 0.000 - - - -`)
}

func TestEveryRequestIsInTheAccessLogWithinASecond(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	file, err := os.Create(path)
	must(t, err)
	t.Cleanup(func() { _ = file.Close() })
	lines := router.NewAccessLines(file)
	t.Cleanup(func() { must(t, lines.Close()) })
	address := site(t, says("hello"))
	h := open(t, router.Options{AccessLog: lines}, routeTo("a.example.com", address))
	h.get(t, "a.example.com", "/x?y")
	h.get(t, "b.example.com", "/")
	var text string
	began := time.Now()
	eventually(t, "two lines", func() bool {
		all, err := os.ReadFile(path)
		must(t, err)
		text = string(all)
		return strings.Count(text, "\n") == 2
	})
	if waited := time.Since(began); waited > time.Second {
		t.Errorf("they came after %s", waited)
	}
	want := `^\S+Z 127\.0\.0\.1 a\.example\.com GET /x\?y 200 5 0\.\d{3} ` + regexp.QuoteMeta(address) + ` i1 web [0-9a-f]{32}\n` +
		`\S+Z 127\.0\.0\.1 b\.example\.com GET / 404 \d+ 0\.\d{3} - - - [0-9a-f]{32}\n$`
	if !regexp.MustCompile(want).MatchString(text) {
		t.Errorf("the log is %q", text)
	}
}

// full is a disk without space.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestALogThatCantBeWrittenSaysSoInTheEnd(t *testing.T) {
	lines := router.NewAccessLines(full{})
	lines.Log(router.Access{})
	equal(t, "error", errors.Is(lines.Close(), errFull), true)
	lines = router.NewAccessLines(io.Discard)
	must(t, lines.Close())
}
