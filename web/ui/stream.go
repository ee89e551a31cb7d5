package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"gondor/app"
)

const (
	// heartbeat is how often a silent stream says that it is there. Whether who listens
	// still may is looked at as often.
	heartbeat = 15 * time.Second
	// patience is how long a browser may take to read what was sent.
	patience = 30 * time.Second
	// backlog is how many lines wait to be sent together.
	backlog = 256
)

// stream sends server-sent events (HTML, section 9.2) to one browser.
type stream struct {
	w       io.Writer
	control *http.ResponseController
}

// openStream begins the answer.
func openStream(w http.ResponseWriter) (*stream, error) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy in front must not wait for more
	w.WriteHeader(http.StatusOK)
	s := &stream{w: w, control: http.NewResponseController(w)}
	return s, s.comment()
}

// send writes one event; id and name may be empty. flush brings it to the browser.
func (s *stream) send(id, name string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	if err := s.extend(); err != nil {
		return err
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	if name != "" {
		name = "event: " + name + "\n"
	}
	_, err = fmt.Fprintf(s.w, "%s%sdata: %s\n\n", id, name, body)
	return err
}

// comment shows both sides that the other is still there.
func (s *stream) comment() error {
	if err := s.extend(); err != nil {
		return err
	}
	if _, err := io.WriteString(s.w, ":\n\n"); err != nil {
		return err
	}
	return s.control.Flush()
}

// extend gives the browser time to read what comes, whatever deadline the server has for
// whole answers.
func (s *stream) extend() error {
	err := s.control.SetWriteDeadline(time.Now().Add(patience))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// item is one thing that a sequence yielded.
type item[T any] struct {
	value T
	err   error
}

// pump runs a sequence beside the caller until it ends or ctx does.
func pump[T any](ctx context.Context, sequence iter.Seq2[T, error]) <-chan item[T] {
	items := make(chan item[T], backlog)
	go func() {
		defer close(items)
		for value, err := range sequence {
			select {
			case items <- item[T]{value, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return items
}

// relay sends what a sequence yields until it ends, who listens has gone or may no longer
// listen. What comes together is sent together.
func relay[T any](d *dashboard, c *call, sequence iter.Seq2[T, error], send func(*stream, T) error) error {
	s, err := openStream(c.w)
	if err != nil {
		return nil // who asked has gone
	}
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	items := pump(c.Context(), sequence)
	for {
		var err error
		select {
		case <-c.Context().Done():
			return nil
		case <-ticker.C:
			if d.identify(c) != nil {
				return nil // the browser connects again, and is told to sign in
			}
			err = s.comment()
		case one, more := <-items:
			err = deliver(d, s, one, more, len(items), send)
		}
		if err != nil {
			return nil // the answer has begun, so there is no other way to tell
		}
	}
}

// errOver says that a sequence has come to its end.
var errOver = errors.New("the stream is over")

// errAgain breaks a stream off, so that the browser connects again.
var errAgain = errors.New("connect again")

func deliver[T any](d *dashboard, s *stream, one item[T], more bool, waiting int, send func(*stream, T) error) error {
	switch {
	case !more:
		return errors.Join(s.send("", "end", struct{}{}), s.control.Flush(), errOver)
	case errors.Is(one.err, errAgain):
		return one.err
	case one.err != nil:
		d.log.Warn("stream to a browser", "error", one.err)
		return one.err
	}
	if err := send(s, one.value); err != nil || waiting > 0 {
		return err
	}
	return s.control.Flush()
}

// wireLine is a line of a log as the script gets it.
type wireLine struct {
	Time    time.Time  `json:"time"`
	Stream  app.Stream `json:"stream"`
	Replica string     `json:"replica,omitempty"`
	Level   level      `json:"level,omitempty"`
	Mark    string     `json:"mark,omitempty"`
	Text    string     `json:"text"`
}

// streamLog sends the lines of a log; each event's ID is the line's place.
func (d *dashboard) streamLog(c *call, lines iter.Seq2[app.LogLine, error]) error {
	return relay(d, c, lines, func(s *stream, line app.LogLine) error { return s.sendLine(newLogLine(line)) })
}

func (s *stream) sendLine(line logLine) error {
	return s.send(line.Place, "", wireLine{line.Time, line.Stream, line.Replica, line.Level, line.Mark(), line.Text})
}
