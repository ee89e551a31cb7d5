// Package hide keeps the values of a build's variables out of logs and artifacts.
package hide

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// hidden stands in a log where the value of a build's variable stood.
const hidden = "[hidden]"

// The least lengths of texts that are hidden in logs and searched for in artifacts:
// shorter ones stand everywhere.
const (
	shortestHidden   = 4
	shortestSearched = 6
)

// Secrets are the texts that give the variables of a build away, the longest first.
type Secrets []string

// In returns what a log must not show: every value of 4 bytes or more, each line of
// it, the user and password in it when it is a URL, and all of them as they are written
// in a URL or in JSON.
func In(variables map[string]string) Secrets {
	all := map[string]bool{}
	for _, value := range variables {
		for _, text := range append(strings.Split(value, "\n"), value) {
			all = with(all, forms(strings.TrimSpace(text))...)
			all = with(all, Credentials(text)...)
		}
	}
	return longest(all, shortestHidden)
}

// Searched returns what an artifact must not hold: as In, of 6 bytes or more,
// without plain words, such as "production", and of a URL only its user and password: a
// package manager writes down where a package came from.
func Searched(variables map[string]string) Secrets {
	all := map[string]bool{}
	for _, value := range variables {
		value = strings.TrimSpace(value)
		switch {
		case isURL(value):
			all = with(all, Credentials(value)...)
		case !plainWord.MatchString(value):
			all = with(all, forms(value)...)
		}
	}
	return longest(all, shortestSearched)
}

var plainWord = regexp.MustCompile(`^([a-z]{1,15}|[A-Z]{1,15}|[0-9.]{1,15}|/[a-zA-Z0-9._/-]*)$`)

func isURL(value string) bool {
	u, err := url.Parse(value)
	return err == nil && u.Scheme != "" && u.Host != "" && u.RawQuery == ""
}

// forms returns the ways in which a value can be written.
func forms(value string) []string {
	all := []string{value, url.QueryEscape(value), url.PathEscape(value)}
	if quoted, err := json.Marshal(value); err == nil {
		all = append(all, strings.Trim(string(quoted), `"`))
	}
	return all
}

// Credentials returns what a URL holds before its host.
func Credentials(value string) []string {
	u, err := url.Parse(strings.TrimSpace(value))
	if err != nil || u.User == nil {
		return nil
	}
	password, ok := u.User.Password()
	if !ok {
		return forms(u.User.Username()) // a token
	}
	return append(forms(password), u.User.String(), u.User.Username()+":"+password)
}

func with(all map[string]bool, texts ...string) map[string]bool {
	for _, text := range texts {
		all[text] = true
	}
	return all
}

func longest(all map[string]bool, shortest int) Secrets {
	texts := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	return slices.DeleteFunc(texts, func(text string) bool { return len(text) < shortest })
}

// Hide replaces them in a text.
func (s Secrets) Hide(text string) string {
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret, hidden)
	}
	return text
}

// Finder notes which secrets are in what is written to it, however it is cut. It is not
// safe for concurrent use.
type Finder struct {
	secrets Secrets
	Found   map[string]bool // those that were written since the last Reset
	tail    []byte          // the end of what was written, in which a secret may have begun
}

// NewFinder returns a Finder that has found nothing yet.
func NewFinder(s Secrets) *Finder { return &Finder{secrets: s, Found: map[string]bool{}} }

// Reset forgets what was written and found.
func (f *Finder) Reset() {
	f.tail = f.tail[:0]
	clear(f.Found)
}

// Any reports whether one was found since the last Reset.
func (f *Finder) Any() bool { return len(f.Found) > 0 }

// Write implements io.Writer. It never fails.
func (f *Finder) Write(p []byte) (int, error) {
	if len(f.secrets) == 0 {
		return len(p), nil
	}
	f.tail = append(f.tail, p...)
	for _, secret := range f.secrets {
		if !f.Found[secret] && bytes.Contains(f.tail, []byte(secret)) {
			f.Found[secret] = true
		}
	}
	keep := min(len(f.tail), len(f.secrets[0])-1)
	f.tail = append(f.tail[:0], f.tail[len(f.tail)-keep:]...)
	return len(p), nil
}

// Without returns the secrets that the Finder has not found.
func (s Secrets) Without(found map[string]bool) Secrets {
	return slices.DeleteFunc(slices.Clone(s), func(secret string) bool { return found[secret] })
}
