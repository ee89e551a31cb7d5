package cli

import (
	"strings"
	"testing"

	"gondor/app"
)

func TestServerURL(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		insecure bool
		want     string // empty: refused
	}{
		"a URL":                                   {"https://gondor.example.com", false, "https://gondor.example.com"},
		"what is behind the host is left out":     {"https://Gondor.example.com:8443/v2/?x", false, "https://gondor.example.com:8443"},
		"without a scheme it is https":            {"gondor.example.com", false, "https://gondor.example.com"},
		"and on loopback http":                    {"localhost:8600", false, "http://localhost:8600"},
		"by address, too":                         {"127.0.0.1:8600", false, "http://127.0.0.1:8600"},
		"and by that of IPv6":                     {"[::1]:8600", false, "http://[::1]:8600"},
		"names below localhost are loopback":      {"http://gondor.localhost", false, "http://gondor.localhost"},
		"plain HTTP elsewhere is refused":         {"http://gondor.example.com", false, ""},
		"unless that is said":                     {"http://gondor.example.com", true, "http://gondor.example.com"},
		"a name that only looks local is not":     {"http://localhost.example.com", false, ""},
		"another scheme is refused":               {"ftp://gondor.example.com", false, ""},
		"a password in the URL is refused":        {"https://a:b@gondor.example.com", false, ""},
		"nothing is refused":                      {"", false, ""},
		"a host that is none is refused":          {"https://", false, ""},
		"control characters in a URL are refused": {"https://a\x00b", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := serverURL(c.text, c.insecure, "say --insecure")
			switch {
			case c.want == "" && app.CodeOf(err) != app.CodeInvalid:
				t.Errorf("got %v, %v; want it refused", got, err)
			case c.want != "" && (err != nil || got.String() != c.want):
				t.Errorf("got %v, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"one argument is a command line":    {[]string{"echo $HOME | cat"}, "echo $HOME | cat"},
		"several are words as they are":     {[]string{"echo", "$HOME", "a b", ""}, "echo '$HOME' 'a b' ''"},
		"what needs no quotes gets none":    {[]string{"./manage.py", "--x=1", "a@b:c"}, "./manage.py '--x=1' a@b:c"},
		"a quote within a word is kept":     {[]string{"echo", "it's"}, `echo 'it'\''s'`},
		"a tilde is not the home directory": {[]string{"ls", "~"}, "ls '~'"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := commandLine(c.args); got != c.want {
				t.Errorf("got %s; want %s", got, c.want)
			}
		})
	}
}

func TestTheExitCodesAreAllDocumented(t *testing.T) {
	for _, code := range []string{"  0 ", "  1 ", "  2 ", "  3 ", "  4 ", "  5 ", "  6 ", "  7 ", "130 "} {
		if !strings.Contains(exitCodesHelp, code) {
			t.Errorf("the help does not tell of the code %s", code)
		}
	}
}
