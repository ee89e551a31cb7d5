package supervisor

import (
	"context"
	"net"

	"gondor/app"
)

func (s *server) answerAppend(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	return reply{}, s.host.logs.Append(q.Log, q.Text)
}

func (s *server) answerCloseLog(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	return reply{}, s.host.logs.Close(q.Log)
}

func (s *server) answerDropLog(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	return reply{}, s.host.logs.Drop(q.Log)
}

func (s *server) answerTrimLogs(ctx context.Context, _ *net.UnixConn, q request) (reply, error) {
	left, err := s.host.logs.Trim(ctx, q.Bytes)
	return reply{Bytes: left}, err
}

// answerLines sends lines as they come; a slow client makes only this wait.
func (s *server) answerLines(ctx context.Context, c *net.UnixConn, q request) (reply, error) {
	if q.Query == nil {
		return reply{}, app.Invalid("query", "is missing")
	}
	ctx, cancel := untilGone(ctx, c)
	defer cancel()
	for lines, err := range s.host.logs.Batches(ctx, *q.Query) {
		if err != nil {
			return reply{}, err
		}
		if err := writeMessage(c, reply{Lines: lines}); err != nil {
			return reply{}, err
		}
	}
	return reply{}, nil
}
