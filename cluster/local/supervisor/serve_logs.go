package supervisor

import (
	"context"
	"net"
	"time"

	"gondor/app"
	"gondor/cluster/logfile"
)

func (s *server) answerAppend(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	return reply{}, s.host.logs.Append(q.Log, q.Text)
}

func (s *server) answerWriteLog(_ context.Context, c *net.UnixConn, q request) (reply, error) {
	_ = c.SetReadDeadline(time.Now().Add(requestTime))
	k, data, err := readFrame(c, nil)
	if err == nil && k != kindLines {
		err = errFrame
	}
	if err != nil {
		return reply{}, app.Invalid("", "can't read the lines: %v", err)
	}
	lines, err := logfile.DecodeLines(data)
	if err != nil {
		return reply{}, app.Invalid("lines", "can't be read: %v", err)
	}
	return reply{}, s.host.logs.Write(q.Log, lines...)
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
