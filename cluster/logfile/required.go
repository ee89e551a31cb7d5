package logfile

import (
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// required are needles of which every text that an expression matches has at least one.
// Looking for them first is many times as quick as the expression.
type required struct {
	needles []needle
	enough  bool // a text that has one matches
}

// requiredBy finds the most telling needles; none when nothing is known of the matches.
func requiredBy(expression string) required {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return required{}
	}
	found := partsOf(parsed.Simplify())
	r := required{enough: found.enough && len(found.rows) > 0}
	for _, row := range found.rows {
		r.needles = append(r.needles, newNeedle(row))
	}
	return r
}

// in reports whether the text may match.
func (r *required) in(text []byte) bool {
	for i := range r.needles {
		if r.needles[i].in(text) {
			return true
		}
	}
	return len(r.needles) == 0
}

// parts are rows of classes of which a match of an expression has one.
type parts struct {
	rows   [][]class
	whole  bool // the match is such a row, and nothing else
	enough bool // what has such a row has a match
}

func partsOf(e *syntax.Regexp) parts {
	switch e.Op {
	case syntax.OpLiteral:
		return literal(e)
	case syntax.OpCharClass:
		return charClass(e)
	case syntax.OpCapture:
		return partsOf(e.Sub[0])
	case syntax.OpPlus:
		p := partsOf(e.Sub[0])
		p.whole = false
		return p
	case syntax.OpConcat:
		return inARow(e.Sub)
	case syntax.OpAlternate:
		return oneOf(e.Sub)
	}
	return parts{}
}

func charClass(e *syntax.Regexp) parts {
	var c class
	for i := 0; i < len(e.Rune); i += 2 {
		if e.Rune[i+1] >= utf8.RuneSelf {
			return parts{} // of more than one byte
		}
		for r := e.Rune[i]; r <= e.Rune[i+1]; r++ {
			c.add(byte(r))
		}
	}
	if c.size() == 0 {
		return parts{}
	}
	return parts{rows: [][]class{{c}}, whole: true, enough: true}
}

// literal is the longest part of a text in which each character has as many bytes whatever
// its case.
func literal(e *syntax.Regexp) parts {
	var all [][]class
	row, whole := []class{}, true
	for _, r := range e.Rune {
		classes := character(r, e.Flags&syntax.FoldCase != 0)
		if classes == nil {
			all, row, whole = append(all, row), nil, false
		}
		row = append(row, classes...)
	}
	row = mostTelling(append(all, row))
	if len(row) == 0 {
		return parts{}
	}
	return parts{rows: [][]class{row}, whole: whole, enough: whole}
}

// character are the bytes of a character, in both cases where they are folded; nil when these
// are not alike: k and s have relatives beyond ASCII, the Kelvin sign and the long s. Bytes
// that are no UTF-8 match the replacement character.
func character(r rune, folded bool) []class {
	if r == utf8.RuneError {
		return nil
	}
	if other := unicode.SimpleFold(r); folded && other != r {
		if r >= utf8.RuneSelf || other >= utf8.RuneSelf || unicode.SimpleFold(other) != r {
			return nil
		}
		var both class
		both.add(byte(r))
		both.add(byte(other))
		return []class{both}
	}
	var row []class
	for _, b := range []byte(string(r)) {
		var c class
		c.add(b)
		row = append(row, c)
	}
	return row
}

// inARow is what the most telling of several parts requires, all of which a match has, one
// behind the other.
func inARow(subs []*syntax.Regexp) parts {
	var best, run parts
	whole := true
	for _, sub := range subs {
		p := partsOf(sub)
		whole = whole && p.whole && len(p.rows) == 1
		if len(p.rows) != 1 || !p.enough {
			best, run = better(better(best, run), p), parts{}
			continue
		}
		if len(run.rows) == 0 {
			run.rows = make([][]class, 1)
		}
		run.rows[0] = append(run.rows[0], p.rows[0]...)
		if !p.whole {
			best, run = better(best, run), parts{}
		}
	}
	best = better(best, run)
	best.whole, best.enough = whole, whole
	return best
}

// oneOf is what several parts require, one of which a match has.
func oneOf(subs []*syntax.Regexp) parts {
	all := parts{enough: true}
	for _, sub := range subs {
		p := partsOf(sub)
		if len(p.rows) == 0 {
			return parts{}
		}
		all.rows, all.enough = append(all.rows, p.rows...), all.enough && p.enough
	}
	return all
}

func better(a, b parts) parts {
	if leastTelling(b.rows) > leastTelling(a.rows) {
		return b
	}
	return a
}

func leastTelling(rows [][]class) float64 {
	if len(rows) == 0 {
		return 0
	}
	least := tells(rows[0])
	for _, row := range rows {
		least = min(least, tells(row))
	}
	return least
}

func mostTelling(rows [][]class) (best []class) {
	for _, row := range rows {
		if tells(row) > tells(best) {
			best = row
		}
	}
	return best
}
