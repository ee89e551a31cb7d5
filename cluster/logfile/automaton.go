package logfile

import (
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// mostWays bounds the memory of an automaton: so many ways between its states, of a pointer
// each.
const mostWays = 128 << 10

// automaton says of texts whether an expression matches in them, as regexp does and many
// times as quick: it keeps what may follow where it stands as a state, and where each kind
// of character leads from there, so that a text costs one look in a table for each
// character. An expression with too many states is left to regexp. It is for one goroutine.
type automaton struct {
	program  *syntax.Prog
	alphabet *alphabet
	states   map[string]*state
	begin    *state
	slow     *regexp.Regexp
	next     set    // where step leads
	seen     set    // by follow in one step
	key      []byte // of stateOf, used again
}

// state is where an automaton stands between two characters.
type state struct {
	places []uint32 // in the program, before what needs no character
	before rune     // one like the last character
	ways   []*state // by the kind of the next character; the last at the end of the text
}

// matched is the state in which nothing is left to look for.
var matched = &state{}

// newAutomaton returns one for an expression in the syntax of regexp.
func newAutomaton(e *regexp.Regexp) (*automaton, error) {
	parsed, err := syntax.Parse(e.String(), syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	a := &automaton{program: program, alphabet: alphabetOf(program), slow: e}
	return a.another(), nil
}

// another returns one for another goroutine.
func (a *automaton) another() *automaton {
	places := len(a.program.Inst)
	b := &automaton{
		program: a.program, alphabet: a.alphabet, slow: a.slow,
		states: make(map[string]*state), next: newSet(places), seen: newSet(places),
	}
	b.next.add(uint32(a.program.Start))
	b.begin = b.stateOf(endOfText)
	return b
}

// match reports whether the expression matches anywhere in the text.
func (a *automaton) match(text []byte) bool {
	s := a.begin
	for i := 0; i < len(text); {
		var kind int
		if b := text[i]; b < utf8.RuneSelf {
			kind, i = int(a.alphabet.ascii[b]), i+1
		} else {
			r, size := utf8.DecodeRune(text[i:])
			kind, i = a.alphabet.kindOf(r), i+size
		}
		next := s.ways[kind]
		if next == nil {
			if next = a.step(s, kind); next == nil {
				return a.slow.Match(text)
			}
		}
		if next == matched {
			return true
		}
		s = next
	}
	end := a.alphabet.size()
	if s.ways[end] == nil && a.step(s, end) == nil {
		return a.slow.Match(text)
	}
	return s.ways[end] == matched
}
