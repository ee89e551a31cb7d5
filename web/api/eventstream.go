package api

import (
	"bytes"
	"io"
	"iter"
)

// serverEvent is one event of a stream as HTML (the section "Server-sent events") has it.
type serverEvent struct {
	name string
	data []byte
}

// readEvents parses a stream of server-sent events. Comments and fields that are not
// needed here are skipped; an event that the stream breaks off is dropped.
func readEvents(r io.Reader) iter.Seq2[serverEvent, error] {
	return func(yield func(serverEvent, error) bool) {
		var event serverEvent
		scanner := lines(r)
		for scanner.Scan() {
			line := bytes.TrimSuffix(scanner.Bytes(), []byte("\r"))
			if len(line) > 0 {
				event.take(line)
				continue
			}
			if event.data != nil && !yield(event, nil) {
				return
			}
			event = serverEvent{}
		}
		if err := scanner.Err(); err != nil {
			yield(serverEvent{}, err)
		}
	}
}

// take adds one line to the event.
func (e *serverEvent) take(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "event":
		e.name = string(value)
	case "data":
		if e.data != nil {
			e.data = append(e.data, '\n')
		}
		e.data = append(e.data, value...)
		if e.data == nil {
			e.data = []byte{}
		}
	}
}
