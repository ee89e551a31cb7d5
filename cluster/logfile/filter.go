package logfile

import (
	"math"
	"regexp"
	"time"

	"gondor/app"
)

// filter says which lines a query asks for, by what records hold.
type filter struct {
	since, until int64      // nanoseconds since 1970: from, and before
	grep         *automaton // nil: any text
	required     *required  // by grep
}

func newFilter(q app.LogQuery) (filter, error) {
	f := filter{since: moment(q.Since, math.MinInt64), until: moment(q.Until, math.MaxInt64)}
	if q.Grep == "" {
		return f, nil
	}
	grep, err := regexp.Compile(q.Grep)
	if err != nil {
		return f, app.Invalid("grep", "%q is not a regular expression (%v); put a backslash before characters that are to be taken as they are", q.Grep, err)
	}
	required := requiredBy(q.Grep)
	f.required = &required
	f.grep, err = newAutomaton(grep)
	return f, err
}

func moment(t time.Time, none int64) int64 {
	if t.IsZero() {
		return none
	}
	return t.UnixNano()
}

// chooses reports whether it leaves lines out.
func (f filter) chooses() bool {
	return f.grep != nil || f.since != math.MinInt64 || f.until != math.MaxInt64
}

func (f filter) wants(r record) bool {
	at := r.nanoseconds()
	if at < f.since || at >= f.until {
		return false
	}
	return f.grep == nil || f.required.in(r.text()) && (f.required.enough || f.grep.match(r.text()))
}

// another returns the same for another goroutine.
func (f filter) another() filter {
	if f.grep != nil {
		f.grep = f.grep.another()
	}
	return f
}
