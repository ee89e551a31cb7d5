package router_test

import (
	"net/netip"
	"testing"
	"time"

	"gondor/router"
)

func TestALineOfTheAccessLogIsReadAsItWasWritten(t *testing.T) {
	for name, a := range map[string]router.Access{
		"a request": {
			Time: time.Date(2026, 3, 1, 9, 30, 0, 125e6, time.UTC), Took: 17 * time.Millisecond,
			Client: netip.MustParseAddr("192.0.2.7"), Host: "a.example.com", Method: "GET", Target: "/x\\y\x00é z", Status: 200, Sent: 5120,
			Backend: "10.0.0.4:8080", Instance: "i1", Service: "web", RequestID: "abc",
		},
		"one of nobody": {Time: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Host: "b.example.com", Method: "GET", Target: "/", Status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := router.ParseAccess(string(a.Append(nil)) + "\n")
			if err != nil || got != a {
				t.Errorf("it is read as %+v (%v), want %+v", got, err, a)
			}
		})
	}
}

func TestWhatIsNoLineOfTheAccessLogIsRefused(t *testing.T) {
	for name, line := range map[string]string{
		"nothing":             "",
		"words of the router": `time=2026-03-01T09:30:00Z level=INFO msg="routes are known" hosts=3 a b c d e f g`,
		"a bad escape":        `2026-03-01T09:30:00.125Z - a GET /\xzz 200 0 0.000 - - - -`,
		"half an escape":      `2026-03-01T09:30:00.125Z - a GET /\x 200 0 0.000 - - - -`,
		"no status":           `2026-03-01T09:30:00.125Z - a GET / ok 0 0.000 - - - -`,
	} {
		t.Run(name, func(t *testing.T) {
			if a, err := router.ParseAccess(line); err == nil {
				t.Errorf("it is read as %+v", a)
			}
		})
	}
}

func FuzzParseAccess(f *testing.F) {
	f.Add(`2026-03-01T09:30:00.125Z 192.0.2.7 shop.example.com GET /cart?id=1 200 5120 0.017 10.0.0.4:8080 i1 web 4bf9`)
	f.Add(`2026-03-01T09:30:00Z - - - \x5c\x20 0 0 0.000 - - - -`)
	f.Fuzz(func(t *testing.T, line string) {
		a, err := router.ParseAccess(line)
		if err != nil {
			return
		}
		again, err := router.ParseAccess(string(a.Append(nil)))
		if err == nil && string(again.Append(nil)) != string(a.Append(nil)) {
			t.Errorf("%q becomes %q", a.Append(nil), again.Append(nil))
		}
	})
}
