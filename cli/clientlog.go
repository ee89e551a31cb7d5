package cli

import (
	"context"
	"log/slog"
	"net"
	"strings"
)

// clientLog passes on what client-go logs, but for what it takes for an error and is none:
// that a connection which Gondor itself has closed is closed.
type clientLog struct{ slog.Handler }

// Handle implements slog.Handler.
func (h clientLog) Handle(ctx context.Context, r slog.Record) error {
	closed := strings.Contains(r.Message, net.ErrClosed.Error())
	r.Attrs(func(a slog.Attr) bool {
		closed = closed || strings.Contains(a.Value.String(), net.ErrClosed.Error())
		return !closed
	})
	if closed {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h clientLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return clientLog{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h clientLog) WithGroup(name string) slog.Handler { return clientLog{h.Handler.WithGroup(name)} }
