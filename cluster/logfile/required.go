package logfile

import (
	"bytes"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// required are texts of which every match of an expression holds at least one. Looking for
// them first is many times as quick as the expression. It is for one goroutine.
type required struct {
	texts  [][]byte // in lower case where folded
	folded bool     // case does not matter
	lower  []byte   // for the text in lower case, kept between two calls
}

// requiredBy finds the longest such texts; none when nothing is known of the matches.
func requiredBy(expression string) required {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return required{}
	}
	texts, folded := literals(parsed.Simplify())
	r := required{folded: folded}
	for _, text := range texts {
		if folded {
			text = strings.ToLower(text)
		}
		r.texts = append(r.texts, []byte(text))
	}
	return r
}

// in reports whether the text may match.
func (r *required) in(text []byte) bool {
	if len(r.texts) == 0 {
		return true
	}
	if r.folded {
		text = r.lowered(text)
	}
	for _, one := range r.texts {
		if bytes.Contains(text, one) {
			return true
		}
	}
	return false
}

// lowered is an ASCII text in lower case; literals takes no others where case does not
// matter.
func (r *required) lowered(text []byte) []byte {
	r.lower = append(r.lower[:0], text...)
	for i, b := range r.lower {
		if 'A' <= b && b <= 'Z' {
			r.lower[i] = b + 'a' - 'A'
		}
	}
	return r.lower
}

// literals are the texts of which a match of the expression holds one.
func literals(e *syntax.Regexp) (texts []string, folded bool) {
	switch e.Op {
	case syntax.OpLiteral:
		return literal(e)
	case syntax.OpCapture, syntax.OpPlus:
		return literals(e.Sub[0])
	case syntax.OpConcat:
		return longest(e.Sub)
	case syntax.OpAlternate:
		return together(e.Sub)
	}
	return nil, false
}

func literal(e *syntax.Regexp) ([]string, bool) {
	text, folded := string(e.Rune), e.Flags&syntax.FoldCase != 0
	if folded && strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || r == 'k' || r == 'K' || r == 's' || r == 'S' }) {
		return unfoldable(e)
	}
	return []string{text}, folded
}

// unfoldable takes the longest part of a text that folds within ASCII: k and s have relatives
// beyond it, the Kelvin sign and the long s.
func unfoldable(e *syntax.Regexp) ([]string, bool) {
	best := ""
	parts := strings.FieldsFunc(string(e.Rune), func(r rune) bool { return r >= utf8.RuneSelf || strings.ContainsRune("kKsS", r) })
	for _, part := range parts {
		if len(part) > len(best) {
			best = part
		}
	}
	if best == "" {
		return nil, false
	}
	return []string{best}, true
}

// longest is what the most telling of several parts requires, all of which a match has.
func longest(parts []*syntax.Regexp) (best []string, folded bool) {
	for _, part := range parts {
		if texts, fold := literals(part); shortest(texts) > shortest(best) {
			best, folded = texts, fold
		}
	}
	return best, folded
}

// together is what several parts require, one of which a match has.
func together(parts []*syntax.Regexp) (all []string, folded bool) {
	for i, part := range parts {
		texts, fold := literals(part)
		if len(texts) == 0 || i > 0 && fold != folded {
			return nil, false
		}
		all, folded = append(all, texts...), fold
	}
	return all, folded
}

func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	least := len(texts[0])
	for _, text := range texts {
		least = min(least, len(text))
	}
	return least
}
