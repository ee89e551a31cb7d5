package logfile

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Splitter makes lines of a stream of bytes: valid UTF-8 without their end ("\n" or
// "\r\n"), longer ones split. The zero value is ready; it is for one goroutine.
type Splitter struct {
	Limit   int    // the longest line in bytes, not less than 4; 0 is MaxText
	partial []byte // the line that has not ended
	flushed bool   // the beginning of the present line was given out by Flush
}

// Add gives out every line that the chunk completes.
func (s *Splitter) Add(chunk []byte, line func(text string)) {
	for {
		end := bytes.IndexByte(chunk, '\n')
		if end < 0 {
			s.partial = append(s.partial, chunk...)
			s.spill(line)
			return
		}
		s.partial = append(s.partial, chunk[:end]...)
		s.spill(line)
		s.end(line)
		chunk = chunk[end+1:]
	}
}

// Waiting reports whether a line has begun and not ended.
func (s *Splitter) Waiting() bool { return len(s.partial) > 0 }

// Unfinished returns what Resume needs to go on with the present line elsewhere: what of it
// was not given out yet, and whether Flush has given out its beginning.
func (s *Splitter) Unfinished() (partial []byte, flushed bool) {
	return bytes.Clone(s.partial), s.flushed
}

// Resume goes on with a line that another Splitter has not finished. It comes before Add.
func (s *Splitter) Resume(partial []byte, flushed bool) { s.partial, s.flushed = partial, flushed }

// Flush gives out what the present line has so far, such as a prompt.
func (s *Splitter) Flush(line func(text string)) {
	if s.Waiting() {
		s.end(line)
		s.flushed = true
	}
}

// end gives out the partial line, except for the mere end of one that was flushed.
func (s *Splitter) end(line func(text string)) {
	raw := bytes.TrimSuffix(s.partial, []byte("\r"))
	if len(raw) > 0 || !s.flushed {
		s.give(raw, line)
	}
	s.flushed = false
	s.partial = s.partial[:0]
	if cap(s.partial) > 1<<10 {
		s.partial = nil // an idle process keeps no long buffer
	}
}

// spill gives out the beginning of a line that is longer than a line may be.
func (s *Splitter) spill(line func(text string)) {
	for len(s.partial) > s.limit()+1 { // one more may be the "\r" of its end
		n := boundary(s.partial, s.limit())
		s.give(s.partial[:n], line)
		s.partial = append(s.partial[:0], s.partial[n:]...)
	}
}

// give makes valid UTF-8 of raw, which may make it longer than a line.
func (s *Splitter) give(raw []byte, line func(text string)) {
	text := strings.ToValidUTF8(string(raw), "\uFFFD")
	for len(text) > s.limit() {
		n := boundary([]byte(text[:s.limit()+1]), s.limit())
		line(text[:n])
		text = text[n:]
	}
	line(text)
}

func (s *Splitter) limit() int {
	if s.Limit == 0 {
		return MaxText
	}
	return s.Limit
}

// boundary is the last place at or before most where no character is cut in two.
func boundary(data []byte, most int) int {
	for n := most; n > most-utf8.UTFMax; n-- {
		if utf8.RuneStart(data[n]) {
			return n
		}
	}
	return most
}
