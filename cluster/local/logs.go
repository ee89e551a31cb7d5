package local

import (
	"context"
	"iter"

	"gondor/app"
)

// Append implements app.Logs.
func (e *Engine) Append(ctx context.Context, log app.LogName, text string) error {
	return e.supervisor.Append(ctx, log, text)
}

// Write implements app.Logs.
func (e *Engine) Write(ctx context.Context, log app.LogName, lines ...app.LogLine) error {
	return e.supervisor.Write(ctx, log, lines...)
}

// Close implements app.Logs.
func (e *Engine) Close(ctx context.Context, log app.LogName) error {
	return e.supervisor.CloseLog(ctx, log)
}

// Lines implements app.Logs.
func (e *Engine) Lines(ctx context.Context, q app.LogQuery) iter.Seq2[app.LogLine, error] {
	return e.supervisor.Lines(ctx, q)
}

// Drop implements app.Logs.
func (e *Engine) Drop(ctx context.Context, log app.LogName) error {
	return e.supervisor.DropLog(ctx, log)
}
