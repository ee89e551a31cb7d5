package registry

import (
	"cmp"
	"log/slog"
	"time"
)

// Options say what a Registry serves. The zero value of a field that has a default stands
// for it.
type Options struct {
	Data string // the directory of everything; it is made where it is missing
	Key  []byte // proves tokens; see package token
	// Budget is how many bytes may be kept; beyond it pushes are refused. 0: as many as the
	// disk holds.
	Budget int64
	// Grace is for how long what no tag names is kept, default an hour: the push of an image
	// sends its layers, or asks for those that are there, first and its name last. An upload
	// that stands still for as long is forgotten.
	Grace time.Duration
	// Interval is how often garbage is collected when nobody asks for it, default six hours.
	Interval time.Duration
	Logger   *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Grace = cmp.Or(o.Grace, time.Hour)
	o.Interval = cmp.Or(o.Interval, 6*time.Hour)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return o
}
