package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gondor/app"
)

// maxEvent bounds one line of a stream: a log line is at most 16 KB of text.
const maxEvent = 1 << 20

// LogQuery says which lines of a log to read.
type LogQuery struct {
	After  app.Cursor // only lines behind this place
	Since  time.Time  // only lines of this moment and later; zero: any
	Until  time.Time  // only lines before this moment; zero: any
	Grep   string     // only lines that match this regular expression; empty: any
	Last   int        // of all these, only the last so many; 0 is all
	Follow bool       // then wait for more until the log ends or ctx does
}

// AccessOf is what Log takes for the requests that the router answered for an instance.
func AccessOf(instance Reference) Reference { return instance + "access/" }

// Log yields the lines of the log of a build, a release or a service, by its url. After
// an error it ends.
func (c *Client) Log(ctx context.Context, of Reference, q LogQuery) iter.Seq2[LogLine, error] {
	query := url.Values{"after": {strconv.FormatUint(uint64(q.After), 10)}, "last": {strconv.Itoa(q.Last)}}
	for name, moment := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !moment.IsZero() {
			query.Set(name, moment.Format(time.RFC3339Nano))
		}
	}
	if q.Grep != "" {
		query.Set("grep", q.Grep)
	}
	if q.Follow {
		query.Set("follow", "true")
	}
	r := request{method: http.MethodGet, path: string(of) + "log/", query: query, accept: "text/event-stream"}
	return stream[LogLine](ctx, c, r)
}

// Backup writes a copy of the server's store to w, which only an admin may have. When it
// fails, w holds a part of one.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	response, err := c.send(ctx, request{method: http.MethodGet, path: "/v2/backup/", accept: "application/octet-stream"})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(w, response.Body); err != nil {
		return fmt.Errorf("receive the backup: %w", c.broken(ctx, err))
	}
	return nil
}

// Events yields what changes from now on, in one instance or, when it is empty, in all
// that one may see. It ends with an error when the connection does.
func (c *Client) Events(ctx context.Context, instance Reference) iter.Seq2[Event, error] {
	query := filter("instance", string(instance))
	r := request{method: http.MethodGet, path: "/v2/events/", query: query, accept: "text/event-stream"}
	return stream[Event](ctx, c, r)
}

// stream yields the data of server-sent events.
func stream[T any](ctx context.Context, c *Client, r request) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		response, err := c.send(ctx, r)
		if err != nil {
			yield(none, err)
			return
		}
		defer response.Body.Close()
		for event, err := range readEvents(response.Body) {
			item, err := decodeEvent[T](event, err)
			if err != nil {
				yield(none, c.broken(ctx, err))
				return
			}
			if event.name == endOfStream || !yield(item, nil) {
				return
			}
		}
		yield(none, c.broken(ctx, io.ErrUnexpectedEOF))
	}
}

// broken tells of a stream that stopped before its end.
func (c *Client) broken(ctx context.Context, err error) error {
	var one *app.Error
	var many app.Errors
	if errors.As(err, &one) || errors.As(err, &many) {
		return err
	}
	return c.unreachable(ctx, err)
}

func decodeEvent[T any](event serverEvent, err error) (T, error) {
	var item T
	switch {
	case err != nil:
		return item, err
	case event.name == endOfStream:
		return item, nil
	case event.name == failedStream:
		return item, decodeFailure(event.data)
	}
	if err := json.Unmarshal(event.data, &item); err != nil {
		return item, fmt.Errorf("read an event: %w", err)
	}
	return item, nil
}

// Names of events that end a stream.
const (
	endOfStream  = "end"   // there is nothing more
	failedStream = "error" // its data is {"status": N, "error": the body of that status}
)

// StreamFailure is the data of an event "error": what the answer would have been, had it
// been known before the stream began.
type StreamFailure struct {
	Status int             `json:"status"`
	Error  json.RawMessage `json:"error"`
}

func decodeFailure(data []byte) error {
	var f StreamFailure
	if err := json.Unmarshal(data, &f); err != nil {
		return fmt.Errorf("read the error of a stream: %w", err)
	}
	return DecodeError(f.Status, f.Error)
}

// lines scans a stream by its lines.
func lines(r io.Reader) *bufio.Scanner {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 64<<10), maxEvent)
	return scanner
}

// InstanceEvents lists what happened in an instance, newest first; 0 is all that are kept.
func (c *Client) InstanceEvents(ctx context.Context, instance Reference, limit int) ([]InstanceEvent, error) {
	return get[[]InstanceEvent](ctx, c, "/v2/instance_events/", filter("instance", string(instance), "limit", strconv.Itoa(limit)))
}
