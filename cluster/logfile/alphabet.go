package logfile

import (
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// endOfText stands where a text has no more characters, and where none came before.
const endOfText = -1

// alphabet parts all characters into kinds that an expression does not tell apart. It is
// safe for concurrent use.
type alphabet struct {
	first []rune                // of each kind, ascending; the first is 0
	ascii [utf8.RuneSelf]uint16 // their kinds
}

// alphabetOf is that of a program.
func alphabetOf(p *syntax.Prog) *alphabet {
	first := []rune{0, '\n', '\n' + 1, '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1} // ^, $ and \b tell these
	for _, i := range p.Inst {
		switch {
		case i.Op != syntax.InstRune && i.Op != syntax.InstRune1:
		case len(i.Rune) == 1:
			first = append(first, i.Rune[0], i.Rune[0]+1)
			for r := unicode.SimpleFold(i.Rune[0]); r != i.Rune[0]; r = unicode.SimpleFold(r) {
				first = append(first, r, r+1)
			}
		default:
			for pair := range slices.Chunk(i.Rune, 2) {
				first = append(first, pair[0], pair[1]+1)
			}
		}
	}
	slices.Sort(first)
	a := &alphabet{first: slices.Compact(first)}
	for b := range a.ascii {
		a.ascii[b] = uint16(a.kindOf(rune(b)))
	}
	return a
}

// size is how many kinds there are.
func (a *alphabet) size() int { return len(a.first) }

func (a *alphabet) kindOf(r rune) int {
	at, found := slices.BinarySearch(a.first, r)
	if found {
		return at
	}
	return at - 1
}
