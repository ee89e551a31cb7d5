package hide

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestAVariableIsHiddenInEveryFormOfIt(t *testing.T) {
	for line, want := range map[string]string{
		"fetch https://me:pa%2Fss@host/x": "fetch https://[hidden]@host/x",
		"password pa/ss":                  "password [hidden]",
		"abc":                             "abc",
		"a b&c d":                         "[hidden] d",
		"?q=a+b%26c":                      "?q=[hidden]",
		"tab\\there":                      "[hidden]",
		"second line":                     "[hidden]",
	} {
		hide := In(map[string]string{
			"A": "https://me:pa%2Fss@host/simple", "B": "abc", "C": "a b&c", "D": "tab\there", "E": "first line\nsecond line",
		})
		if got := hide.Hide(line); got != want {
			t.Errorf("%q is written as %q, want %q", line, got, want)
		}
	}
}

func TestAnArtifactIsSearchedForSecretsOnly(t *testing.T) {
	for value, want := range map[string]bool{
		"s3cret-t0ken":                     true,
		"production":                       false,
		"12345":                            false,
		"3.11.2":                           false,
		"/usr/lib/somewhere":               false,
		"https://index.example.com/simple": false,
		"https://me:password@example.com/": true,
		"https://t0ken123@example.com/":    true,
		"https://example.com/?key=abcdef":  true,
	} {
		if got := len(Searched(map[string]string{"VALUE": value})) > 0; got != want {
			t.Errorf("%q is searched for: %t, want %t", value, got, want)
		}
	}
}

func FuzzFinderFindsWhatIsCutAnywhere(f *testing.F) {
	f.Add([]byte("before s3cret-t0ken after"), 10)
	f.Add([]byte("s3cret-t0ke"), 3)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		const secret = "s3cret-t0ken"
		find := NewFinder(Secrets{secret, "other-one"})
		for part := range slices.Chunk(data, max(1, cut)) {
			if _, err := find.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if find.Found[secret] != bytes.Contains(data, []byte(secret)) {
			t.Errorf("found: %t, in %q cut at %d", find.Found[secret], data, cut)
		}
	})
}

func FuzzHideLeavesNothing(f *testing.F) {
	f.Add("the s3cret-t0ken", "s3cret-t0ken")
	f.Fuzz(func(t *testing.T, text, value string) {
		if trimmed := strings.TrimSpace(value); len(trimmed) < shortestHidden || strings.ContainsAny(value, "\n[]") || strings.Contains(hidden, trimmed) {
			t.Skip()
		} else if got := In(map[string]string{"A": value}).Hide(text); strings.Contains(strings.ReplaceAll(got, hidden, "[]"), trimmed) {
			t.Errorf("%q is still in %q", trimmed, got)
		}
	})
}
