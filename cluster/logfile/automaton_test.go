package logfile

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// FuzzAutomaton holds that an automaton finds what regexp finds.
func FuzzAutomaton(f *testing.F) {
	for _, expression := range []string{
		"(?i)error|warn", "a+b*c?", "(?i)k", "(?i)straße", "x{2,3}y", "(ab|cd)+e", "(?i)s", "^$", "[ab]c", "(?i)é",
		`\b5\d\d\b`, `a\d+b`, `[^a]\d`, `\Bx`, "(?m)^a$", `\Aa\z`, "\ufffd", "", "(?s)a.b", "a.b", `\pL\d`, `$^`, `(a*)*b`, `(|a)+`, `[^\x00-\x{10FFFF}]`,
	} {
		for _, text := range []string{"", "an ERROR", "aab", "\u212a", "STRASSE", "xxy", "É", "status 502;", "5023", "b\na\nb", "\xff", "a\nb", "яя1", "x x"} {
			f.Add(expression, []byte(text), []byte("and "+text))
		}
	}
	f.Fuzz(func(t *testing.T, expression string, text, another []byte) {
		e, err := regexp.Compile(expression)
		if err != nil {
			return
		}
		a, err := newAutomaton(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{text, another, text} {
			if got, want := a.match(text), e.Match(text); got != want {
				t.Fatalf("%q in %q is %v, want %v", expression, text, got, want)
			}
		}
	})
}

func TestAnExpressionWithTooManyStatesIsLeftToRegexp(t *testing.T) {
	e := regexp.MustCompile(`a[ab]{16}x`)
	a, err := newAutomaton(e)
	must(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 400)
	for range 100 {
		for i := range text {
			text[i] = "ab"[random.IntN(2)]
		}
		text[len(text)-1] = "xb"[random.IntN(2)]
		if got, want := a.match(text), e.Match(text); got != want {
			t.Fatalf("%s is %v, want %v", text, got, want)
		}
	}
	if ways := len(a.states) * (a.alphabet.size() + 1); ways > mostWays {
		t.Errorf("it has %d ways between its states, want at most %d", ways, mostWays)
	}
	if a.stateOf(endOfText) != nil {
		t.Error("it has not too many states")
	}
}
