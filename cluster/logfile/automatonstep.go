package logfile

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// step makes the way from a state by a kind of characters; nil when there is no room for it.
func (a *automaton) step(s *state, kind int) *state {
	r := rune(endOfText)
	if kind < a.alphabet.size() {
		r = a.alphabet.first[kind]
	}
	a.next.clear()
	a.seen.clear()
	context := syntax.EmptyOpContext(s.before, r)
	to := matched
	if !slices.ContainsFunc(s.places, func(place uint32) bool { return a.follow(place, context, r) }) {
		a.next.add(uint32(a.program.Start)) // a match may begin anywhere
		to = a.stateOf(r)
	}
	s.ways[kind] = to
	return to
}

// follow goes from a place of the program to all that r leads to, through what needs no
// character. It reports whether the end of a match was there before r.
func (a *automaton) follow(place uint32, context syntax.EmptyOp, r rune) bool {
	if !a.seen.add(place) {
		return false
	}
	i := &a.program.Inst[place]
	switch i.Op {
	case syntax.InstMatch:
		return true
	case syntax.InstAlt, syntax.InstAltMatch:
		return a.follow(i.Out, context, r) || a.follow(i.Arg, context, r)
	case syntax.InstCapture, syntax.InstNop:
		return a.follow(i.Out, context, r)
	case syntax.InstEmptyWidth:
		return syntax.EmptyOp(i.Arg)&^context == 0 && a.follow(i.Out, context, r)
	case syntax.InstFail:
		return false
	}
	if r != endOfText && takes(i, r) {
		a.next.add(i.Out)
	}
	return false
}

// takes reports whether an instruction for a character takes this one.
func takes(i *syntax.Inst, r rune) bool {
	switch i.Op {
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return r != '\n'
	}
	return i.MatchRune(r)
}

// stateOf returns the state of the next places behind a character; nil when there is no room
// for another.
func (a *automaton) stateOf(before rune) *state {
	before = likeness(before)
	slices.Sort(a.next.members)
	a.key = binary.AppendVarint(a.key[:0], int64(before))
	for _, place := range a.next.members {
		a.key = binary.AppendUvarint(a.key, uint64(place))
	}
	if s := a.states[string(a.key)]; s != nil {
		return s
	}
	kinds := a.alphabet.size() + 1
	if (len(a.states)+1)*kinds > mostWays {
		return nil
	}
	s := &state{places: slices.Clone(a.next.members), before: before, ways: make([]*state, kinds)}
	a.states[string(a.key)] = s
	return s
}

// likeness is one character for all that ^, $ and \b do not tell apart.
func likeness(r rune) rune {
	switch {
	case r == endOfText, r == '\n':
		return r
	case syntax.IsWordChar(r):
		return 'a'
	}
	return ' '
}

// set is a set of places in a program, which is cleared at no cost.
type set struct {
	members []uint32
	index   []uint32 // of a place among the members, if it is one
}

func newSet(places int) set { return set{index: make([]uint32, places)} }

func (s *set) clear() { s.members = s.members[:0] }

// add reports whether the place is new.
func (s *set) add(place uint32) bool {
	if at := s.index[place]; int(at) < len(s.members) && s.members[at] == place {
		return false
	}
	s.index[place] = uint32(len(s.members))
	s.members = append(s.members, place)
	return true
}
