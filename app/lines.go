package app

import (
	"context"
	"errors"
	"iter"
	"time"
)

// lastWords is how long what has ended may take to say so in its log, and to close it.
const lastWords = 5 * time.Second

var errLastWords = errors.New("nobody closes the log")

// lines yields a log, or only the error for which it may not be read.
func (a *App) lines(ctx context.Context, log LogName, q LogQuery, refused error) iter.Seq2[LogLine, error] {
	if refused != nil {
		return func(yield func(LogLine, error) bool) { yield(LogLine{}, refused) }
	}
	q.Log = log
	return a.Logs.Lines(ctx, q)
}

// linesUntil yields the log of something that ends, and following ends with it. ended is when
// that was, as far as it has. A kill may have left its log open, so that only what ended just
// now is waited for, and not for long.
func (a *App) linesUntil(ctx context.Context, log LogName, q LogQuery, over bool, ended time.Time, refused error) iter.Seq2[LogLine, error] {
	left := lastWords - a.now().Sub(ended)
	if q.Follow = q.Follow && (!over || left > 0); !q.Follow || !over {
		return a.lines(ctx, log, q, refused)
	}
	return func(yield func(LogLine, error) bool) {
		ctx, cancel := context.WithTimeoutCause(ctx, left, errLastWords)
		defer cancel()
		for line, err := range a.lines(ctx, log, q, refused) {
			if err != nil && errors.Is(context.Cause(ctx), errLastWords) || !yield(line, err) {
				return
			}
		}
	}
}
