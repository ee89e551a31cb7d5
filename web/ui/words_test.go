package ui

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"gondor/app"
)

func TestALocalPathIsOneOfTheDashboard(t *testing.T) {
	for to, want := range map[string]string{
		"/instances/x?show=y#z":    "/instances/x?show=y#z",
		"/":                        "/",
		"":                         "/",
		"instances":                "/",
		"https://evil.example/":    "/",
		"//evil.example/":          "/",
		`/\evil.example/`:          "/",
		`\\evil.example/`:          "/",
		"/\t/evil.example/":        "/",
		"javascript:alert(1)":      "/",
		"/%zz":                     "/",
		"///evil.example":          "/",
		"/sites/../../evil?to=//x": "/sites/../../evil?to=//x",
	} {
		if got := localPath(to); got != want {
			t.Errorf("localPath(%q) is %q, want %q", to, got, want)
		}
	}
}

func FuzzALocalPathLeadsToNoOtherHost(f *testing.F) {
	for _, seed := range []string{"/", "//x", `/\x`, "https://x", "/a?b#c", "/\n/x"} {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "https", Host: "gondor.example"}
	f.Fuzz(func(t *testing.T, to string) {
		at, err := base.Parse(localPath(to))
		if err != nil || at.Host != base.Host || at.Scheme != base.Scheme {
			t.Errorf("localPath(%q) leads to %v (%v)", to, at, err)
		}
	})
}

func FuzzPlainTextHoldsNoControlCharacter(f *testing.F) {
	for _, seed := range []string{"plain", "\x1b[31mred\x1b[0m", "50%\r100%\r", "\x1b]0;title\x07text", "\x1b", "a\tb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "")
		for _, r := range plain(text) {
			if r < 0x80 && r != '\t' && unicode.IsControl(r) {
				t.Errorf("plain(%q) holds %q", text, r)
			}
		}
	})
}

func TestPlainTextIsWhatATerminalWouldShow(t *testing.T) {
	for text, want := range map[string]string{
		"a line":                    "a line",
		"\x1b[1;31mred\x1b[0m text": "red text",
		"10%\r50%\r100%":            "100%",
		"100%\r":                    "100%",
		"\x1b]0;title\x07text":      "text",
		"tab\tstays":                "tab\tstays",
	} {
		if got := plain(text); got != want {
			t.Errorf("plain(%q) is %q, want %q", text, got, want)
		}
	}
}

func TestTimesAreToldTheWayPeopleDo(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for before, want := range map[time.Duration]string{
		-time.Second: "just now", 44 * time.Second: "just now", 45 * time.Second: "1 minute ago",
		100 * time.Second: "2 minutes ago", time.Hour: "1 hour ago", 35 * time.Hour: "35 hours ago", 49 * time.Hour: "2 days ago",
	} {
		if got := ago(now.Add(-before), now); got != want {
			t.Errorf("%s before is %q, want %q", before, got, want)
		}
	}
	for took, want := range map[time.Duration]string{
		1234 * time.Millisecond: "1.2 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min 01 s", 90 * time.Minute: "90 min 00 s",
	} {
		if got := lasted(took); got != want {
			t.Errorf("%s is %q, want %q", took, got, want)
		}
	}
}

func TestEveryStateHasATone(t *testing.T) {
	for state, want := range map[any]string{
		app.ServiceRunning: "good", app.ServiceFailed: "bad", app.ServiceUnhealthy: "bad", app.ServiceDeploying: "moving",
		app.ServiceRestarting: "moving", app.ServiceStopped: "idle", app.ServiceNew: "idle",
		app.ReleaseActive: "good", app.ReleaseRetired: "idle", app.ReleaseCancelled: "idle", app.ReleasePending: "moving",
		app.ReleasePreparing: "moving", app.ReleaseStarting: "moving", app.ReleaseFailed: "bad",
		app.BuildWaiting: "moving", app.BuildQueued: "moving", app.BuildBuilding: "moving", app.BuildSucceeded: "good", app.BuildFailed: "bad",
		app.ReplicaCrashed: "bad", app.ReplicaHealthy: "good", app.ReplicaDraining: "moving",
	} {
		if got := tone(state); got != want {
			t.Errorf("the tone of %v is %q, want %q", state, got, want)
		}
	}
}

func TestCookiesHaveTheHostPrefixWhereBrowsersTakeIt(t *testing.T) {
	for address, want := range map[string]string{
		"https://gondor.example": "__Host-gondor", "http://localhost:8600": "__Host-gondor", "http://a.localhost": "__Host-gondor",
		"http://gondor.example": "gondor", "http://192.0.2.7:8600": "gondor", "http://notlocalhost": "gondor",
	} {
		at, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		c := cookiesFor(at)
		if c.session != want || c.secure != (want == "__Host-gondor") {
			t.Errorf("at %s the cookie is %q, secure %t", address, c.session, c.secure)
		}
	}
}
