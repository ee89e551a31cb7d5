package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"gondor/app"
)

// server answers requests, one per connection.
type server struct {
	version   string
	lock      *os.File // see lock
	socket    *os.File // on which it answers
	host      *host
	registry  *registry
	sockets   *sockets
	once      sync.Once
	leave     chan struct{}  // closed when somebody wants the supervisor to leave
	left      chan struct{}  // closed when all processes have ended because of that
	answering sync.WaitGroup // requests that wait for left

	recovering sync.WaitGroup    // of what an earlier supervisor left
	replacing  chan *replacement // what is to take the supervisor's place
}

// handler answers one request; what it returns is told to the client as the last reply.
type handler func(ctx context.Context, c *net.UnixConn, q request) (reply, error)

// handlers is the table of requests.
func (s *server) handlers() map[op]handler {
	return map[op]handler{
		opVersion:  s.answerVersion,
		opStart:    s.answerStart,
		opStop:     s.answerStop,
		opSignal:   s.answerSignal,
		opResize:   s.answerResize,
		opWait:     s.answerWait,
		opAttach:   s.answerAttach,
		opRemove:   s.answerRemove,
		opList:     s.answerList,
		opWatch:    s.answerWatch,
		opListen:   s.answerListen,
		opUnlisten: s.answerUnlisten,
		opAppend:   s.answerAppend,
		opWriteLog: s.answerWriteLog,
		opCloseLog: s.answerCloseLog,
		opLines:    s.answerLines,
		opDropLog:  s.answerDropLog,
		opTrimLogs: s.answerTrimLogs,
		opShutdown: s.answerShutdown,
		opReplace:  s.answerReplace,
	}
}

// requestTime is how long a client may take to say what it wants.
const requestTime = 10 * time.Second

// serve accepts connections until ctx ends, and ends those that are left then.
func (s *server) serve(ctx context.Context) error {
	l, err := unixListener(s.socket)
	if err != nil {
		return err
	}
	handlers := s.handlers()
	group, ctx := errgroup.WithContext(ctx)
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		c, err := l.AcceptUnix()
		if ctx.Err() != nil {
			break
		}
		if err != nil { // out of descriptors: those that end give some back
			s.host.log.Error("accept a connection", "error", err)
			if !pause(ctx, 50*time.Millisecond) {
				break
			}
			continue
		}
		group.Go(func() error {
			s.answer(ctx, c, handlers)
			return nil
		})
	}
	return group.Wait()
}

// pause waits and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// answer carries out the request of one connection.
func (s *server) answer(ctx context.Context, c *net.UnixConn, handlers map[op]handler) {
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	last, err := s.dispatch(ctx, c, handlers)
	switch {
	case errors.Is(err, errAnswered):
		return
	case err != nil:
		last = failure(err)
	}
	last.Done = true
	_ = c.SetWriteDeadline(time.Now().Add(requestTime))
	_ = writeMessage(c, last) // the client may have gone
}

func (s *server) dispatch(ctx context.Context, c *net.UnixConn, handlers map[op]handler) (reply, error) {
	_ = c.SetReadDeadline(time.Now().Add(requestTime))
	q, err := readRequest(c)
	if err != nil {
		return reply{}, app.Invalid("", "can't read the request: %v", err)
	}
	_ = c.SetReadDeadline(time.Time{})
	h := handlers[q.Op]
	if h == nil {
		return reply{}, app.Invalid("op", "%q is not a request", q.Op)
	}
	return h(ctx, c, q)
}

// untilGone returns a context that ends when the client goes, which must not send any more.
func untilGone(ctx context.Context, c *net.UnixConn) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		var one [1]byte
		_, _ = io.ReadFull(c, one[:])
	}()
	return ctx, cancel
}

// answerVersion answers with the version the supervisor was started with.
func (s *server) answerVersion(context.Context, *net.UnixConn, request) (reply, error) {
	return reply{Version: s.version, PID: os.Getpid()}, nil
}

// answerShutdown answers when all processes have ended; the supervisor waits for the
// answer to be under way.
func (s *server) answerShutdown(_ context.Context, c *net.UnixConn, _ request) (reply, error) {
	s.answering.Add(1)
	defer s.answering.Done()
	s.once.Do(func() { close(s.leave) })
	<-s.left
	if err := writeMessage(c, reply{Done: true}); err != nil {
		return reply{}, fmt.Errorf("answer: %w", err)
	}
	return reply{}, nil
}

// errAnswered says that another one answers the request.
var errAnswered = errors.New("the request is answered elsewhere")

// errGone says that the client went away in the middle of a request.
var errGone = errors.New("the client went away")
