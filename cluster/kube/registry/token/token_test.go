package token

import (
	"strings"
	"testing"

	"gondor/app"
)

func TestATokenAllowsWhatItsScopeSays(t *testing.T) {
	key := []byte(strings.Repeat("k", 32))
	for name, c := range map[string]struct {
		scope      Scope
		repository string
		pull, push bool
	}{
		"who pulls a site reads it":              {Pull("site/a"), "site/a", true, false},
		"but no other":                           {Pull("site/a"), "site/b", false, false},
		"nor one whose name begins alike":        {Pull("site/a"), "site/ab", false, false},
		"nor what is below it":                   {Pull("site/a"), "site/a/b", false, false},
		"who pulls reads the bases":              {Pull("site/a"), "base/python", true, false},
		"who pushes a site reads and writes it":  {Push("site/a"), "site/a", true, true},
		"but no other site":                      {Push("site/a"), "site/b", false, false},
		"and writes no base":                     {Push("site/a"), "base/python", true, false},
		"the administrator reads and writes all": {Admin(), "base/python", true, true},
		"a site can't be called the admin":       {Pull("admin"), "site/a", false, false},
		"no scope allows nothing":                {Scope{}, "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			user, password := Sign(key, c.scope)
			got, err := Verify(key, user, password)
			if err != nil || got != c.scope {
				t.Fatalf("verified as %v, %v; want %v", got, err, c.scope)
			}
			if got.MayPull(c.repository) != c.pull || got.MayPush(c.repository) != c.push {
				t.Errorf("may pull %v, push %v; want %v, %v", got.MayPull(c.repository), got.MayPush(c.repository), c.pull, c.push)
			}
			if strings.Contains(user, ":") {
				t.Errorf("the user %q has a colon", user)
			}
		})
	}
}

func TestATokenOfAnotherKeyOrUserIsRefused(t *testing.T) {
	user, password := Sign([]byte("one key"), Pull("site/a"))
	for name, c := range map[string]struct{ key, user, password string }{
		"another key":      {"another key", user, password},
		"another user":     {"one key", "push+site/a", password},
		"no password":      {"one key", user, ""},
		"half a password":  {"one key", user, password[:32]},
		"not even hex":     {"one key", user, "password"},
		"nothing":          {"one key", "", ""},
		"a longer user":    {"one key", user + "b", password},
		"what admin could": {"one key", "admin", password},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := Verify([]byte(c.key), c.user, c.password); app.CodeOf(err) != app.CodeUnauthenticated {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestAShortKeyIsRefused(t *testing.T) {
	if _, err := Key([]byte("  short\n")); app.CodeOf(err) != app.CodeInvalid {
		t.Errorf("got %v", err)
	}
	if key, err := Key([]byte(strings.Repeat("k", 32) + "\n")); err != nil || len(key) != 32 {
		t.Errorf("got %q, %v", key, err)
	}
}
