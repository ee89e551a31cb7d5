package drain

import (
	"time"

	"gondor/app"
)

// item is what a source hands to its pump: a line as the far end is told it, or only that
// the source has come somewhere.
type item struct {
	log  app.LogName
	at   app.Cursor // the place when this is over
	text []byte     // nil: there is nothing to send
	time time.Time  // of the line
	lost uint64     // how many lines this one stands for that were lost
	end  bool       // the log is over
}

// fullBatch is from how many bytes on a batch takes no more. One line can cross it.
const fullBatch = 1<<20 - 128<<10

// batch is what is sent at once, and what is noted when it was taken.
type batch struct {
	data   []byte
	lines  uint64
	lost   uint64
	oldest time.Time // of its lines
	places map[app.LogName]app.Cursor
	ended  []app.LogName
}

func newBatch() *batch { return &batch{places: map[app.LogName]app.Cursor{}} }

func (b *batch) full() bool { return len(b.data) >= fullBatch }

func (b *batch) add(one item) {
	b.places[one.log] = one.at
	b.lost += one.lost
	if one.end {
		b.ended = append(b.ended, one.log)
	}
	if one.text == nil {
		return
	}
	b.data = append(b.data, one.text...)
	b.lines++
	if b.oldest.IsZero() || one.time.Before(b.oldest) {
		b.oldest = one.time
	}
}
