package app_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"gondor/app"
)

// asFault returns the domain's error in the chain of err.
func asFault(err error) (*app.Error, bool) {
	var fault *app.Error
	ok := errors.As(err, &fault)
	return fault, ok
}

// checked is one row of a table of names.
type checked struct {
	name  string
	value string
	right bool
}

// wantChecked fails for every row that check takes for something else.
func wantChecked(t *testing.T, rows []checked, check func(value string) error) {
	t.Helper()
	for _, c := range rows {
		t.Run(c.name, func(t *testing.T) {
			err := check(c.value)
			if c.right {
				wantCode(t, err, "")
				return
			}
			wantCode(t, err, app.CodeInvalid)
			wantField(t, err, "field")
		})
	}
}

func TestNames(t *testing.T) {
	wantChecked(t, []checked{
		{"letters and digits are a name", "site1", true},
		{"so is a single letter", "a", true},
		{"a name may begin with a digit", "1st-site", true},
		{"single hyphens stand inside", "my-own-site", true},
		{"63 bytes fit", strings.Repeat("a", 63), true},
		{"64 bytes do not", strings.Repeat("a", 64), false},
		{"an empty name is none", "", false},
		{"capitals are refused", "Site", false},
		{"a hyphen can't begin", "-site", false},
		{"a hyphen can't end", "site-", false},
		{"two hyphens can't meet", "my--site", false},
		{"dots are refused", "my.site", false},
		{"slashes are refused", "group/site", false},
		{"spaces are refused", "my site", false},
		{"a newline behind it is refused", "site\n", false},
		{"control characters are refused", "si\x00te", false},
		{"letters beyond ASCII are refused", "müller", false},
	}, func(name string) error { return app.CheckName("field", name) })
}

func TestProcessTypes(t *testing.T) {
	wantChecked(t, []checked{
		{"web is a process type", "web", true},
		{"capitals, digits, hyphens and underscores too", "Celery_beat-2", true},
		{"63 bytes fit", strings.Repeat("w", 63), true},
		{"64 bytes do not", strings.Repeat("w", 64), false},
		{"an empty one is none", "", false},
		{"dots are refused", "..", false},
		{"slashes are refused", "a/b", false},
		{"a newline is refused", "web\n", false},
	}, func(name string) error { return app.CheckProcessType("field", name) })
}

func TestKeysOfVariables(t *testing.T) {
	wantChecked(t, []checked{
		{"capitals with underscores", "DATABASE_URL", true},
		{"lower case", "http_proxy", true},
		{"an underscore first", "_X", true},
		{"digits behind", "S3", true},
		{"a digit first is refused", "3S", false},
		{"an empty key is refused", "", false},
		{"a hyphen is refused", "A-B", false},
		{"an equals sign is refused", "A=B", false},
		{"a newline is refused", "A\n", false},
		{"a NUL is refused", "A\x00", false},
		{"255 bytes fit", strings.Repeat("A", 255), true},
		{"256 bytes do not", strings.Repeat("A", 256), false},
	}, func(key string) error { return app.CheckVariableKey("field", key) })
}

func TestValuesOfVariables(t *testing.T) {
	most := 128<<10 - len("KEY=") - 1
	wantChecked(t, []checked{
		{"an empty value", "", true},
		{"lines and tabs", "a\n\tb", true},
		{"bytes that are not UTF-8", "\xff\xfe", true},
		{"as much as the system takes", strings.Repeat("v", most), true},
		{"one byte more is refused", strings.Repeat("v", most+1), false},
		{"a NUL is refused", "a\x00b", false},
	}, func(value string) error { return app.CheckVariableValue("field", "KEY", value) })
}

func TestHostNames(t *testing.T) {
	label63 := strings.Repeat("a", 63)
	wantChecked(t, []checked{
		{"a host of a domain", "www.example.com", true},
		{"a domain itself", "example.com", true},
		{"a wildcard of a domain", "*.example.com", true},
		{"digits and hyphens", "a-1.2-b.example", true},
		{"an international name in its xn-- form", "xn--mnchen-3ya.de", true},
		{"a label of 63 bytes", label63 + ".com", true},
		{"253 bytes", strings.Repeat(label63+".", 3) + strings.Repeat("a", 57) + ".com", true},
		{"254 bytes are refused", strings.Repeat(label63+".", 3) + strings.Repeat("a", 58) + ".com", false},
		{"a label of 64 bytes is refused", label63 + "a.com", false},
		{"nothing is refused", "", false},
		{"a single label is refused", "localhost", false},
		{"a wildcard of everything is refused", "*", false},
		{"a wildcard of nothing is refused", "*.", false},
		{"a wildcard of a top-level domain is refused", "*.com", false},
		{"a wildcard inside is refused", "www.*.com", false},
		{"a part of a label as wildcard is refused", "w*.example.com", false},
		{"capitals are refused here", "WWW.example.com", false},
		{"a dot at the end is refused here", "example.com.", false},
		{"a dot at the beginning is refused", ".example.com", false},
		{"an empty label is refused", "www..com", false},
		{"a hyphen at an edge is refused", "-www.example.com", false},
		{"an underscore is refused", "_dmarc.example.com", false},
		{"a port is refused", "example.com:8000", false},
		{"a scheme is refused", "https://example.com", false},
		{"a path is refused", "example.com/a", false},
		{"an IPv4 address is refused", "192.0.2.1", false},
		{"an IPv6 address is refused", "[2001:db8::1]", false},
		{"what a resolver may take for an address is refused", "127.1", false},
		{"in hexadecimal too", "a.0x7f", false},
		{"a newline is refused", "example.com\n", false},
		{"letters beyond ASCII are refused", "münchen.de", false},
	}, func(host string) error { return app.CheckHost("field", host) })
}

func TestHostNamesAreKeptInOneForm(t *testing.T) {
	for given, want := range map[string]string{
		"WWW.Example.COM":  "www.example.com",
		"example.com.":     "example.com",
		"example.com..":    "example.com.",
		"*.Example.com.":   "*.example.com",
		"already.fine.com": "already.fine.com",
	} {
		if got := app.NormalHost(given); got != want {
			t.Errorf("NormalHost(%q) = %q, want %q", given, got, want)
		}
	}
}

// FuzzCheckHost holds that whatever is accepted is a host name by a reading of the RFCs
// that was written apart.
func FuzzCheckHost(f *testing.F) {
	for _, seed := range []string{"www.example.com", "*.example.com", "a..b", "1.2.3.4", "x.0x7f", "[::1]", "-a.b", "a_b.c", "*.", strings.Repeat("a.", 127) + "a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if app.CheckHost("host", host) != nil {
			return
		}
		if !isHostName(strings.TrimPrefix(host, "*.")) || len(host) > 253 {
			t.Errorf("%q is accepted and is no host name", host)
		}
		if app.NormalHost(host) != host {
			t.Errorf("%q is accepted and is not in its normal form", host)
		}
	})
}

// isHostName reads a name byte by byte.
func isHostName(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if len(label) < 1 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			letter := 'a' <= label[i] && label[i] <= 'z'
			digit := '0' <= label[i] && label[i] <= '9'
			if !letter && !digit && label[i] != '-' {
				return false
			}
		}
	}
	last := labels[len(labels)-1]
	return len(labels) >= 2 && (last[0] < '0' || last[0] > '9')
}
