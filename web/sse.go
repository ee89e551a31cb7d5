package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"gondor/app"
	"gondor/web/api"
)

const (
	eventStream = "text/event-stream"
	jsonLines   = "application/x-ndjson"
	heartbeat   = 15 * time.Second // between two comments in a quiet stream
	writeLimit  = 30 * time.Second // for one event to leave; who is slower has gone
)

// events writes a stream of server-sent events, the HTML standard section 9.2. It is safe
// for concurrent use.
type events struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	control *http.ResponseController
}

// stream answers with a stream of events, which fill writes. While fill runs, comments keep the
// connection alive, and its context ends when the token that asked for it is good no
// more.
func (c *call) stream(fill func(ctx context.Context, out *events) error) error {
	ctx, cancel := context.WithCancel(c.ctx())
	h := c.Response().Header()
	h.Set("Content-Type", eventStream)
	h.Set("X-Accel-Buffering", "no")
	c.Response().WriteHeader(http.StatusOK)
	out := &events{w: c.Response(), control: http.NewResponseController(c.Response())}
	defer func() { _ = out.control.SetWriteDeadline(time.Time{}) }() // the connection may be used again
	if err := out.write(": hello\n\n"); err != nil {
		cancel()
		return nil
	}
	var beating sync.WaitGroup
	beating.Go(func() {
		defer cancel()
		c.beat(ctx, out)
	})
	err := fill(ctx, out)
	cancel()
	beating.Wait()
	if err == nil || c.ctx().Err() != nil {
		return nil
	}
	return out.fail(err)
}

// beat keeps the stream alive and looks whether it may go on.
func (c *call) beat(ctx context.Context, out *events) {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if _, err := c.App.Identify(ctx, bearer(c.Request()), app.TokenAccess); err != nil {
			return
		}
		if out.write(": still here\n\n") != nil {
			return
		}
	}
}

// send writes one event; id may be empty.
func (e *events) send(name, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	var b strings.Builder
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", name, text)
	return e.write(b.String())
}

// fail tells the client why the stream ends, and hands on what is Gondor's own fault.
func (e *events) fail(err error) error {
	body, failed := json.Marshal(api.EncodeError(err))
	if failed != nil {
		return failed
	}
	_ = e.send("error", "", api.StreamFailure{Status: api.StatusOf(err), Error: body}) // or it has gone
	return err
}

func (e *events) write(text string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.control.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.control.Flush()
}
