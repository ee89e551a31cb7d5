package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"

	"gondor/app"
)

// protocol is the version of requests and replies; both sides must have the same.
const protocol = 1

// op names a request.
type op string

// The requests.
const (
	opVersion  op = "version"
	opStart    op = "start"
	opStop     op = "stop"
	opSignal   op = "signal"
	opResize   op = "resize"
	opWait     op = "wait"
	opAttach   op = "attach"
	opRemove   op = "remove"
	opList     op = "list"
	opWatch    op = "watch"
	opListen   op = "listen"
	opUnlisten op = "unlisten"
	opAppend   op = "append"
	opWriteLog op = "write-log"
	opCloseLog op = "close-log"
	opLines    op = "lines"
	opDropLog  op = "drop-log"
	opTrimLogs op = "trim-logs"
	opShutdown op = "shutdown"
	opReplace  op = "replace"
)

// request is the first frame of a connection.
type request struct {
	Protocol int
	Op       op
	ID       string        `json:",omitempty"`
	Spec     *Spec         `json:",omitempty"`
	Signal   int           `json:",omitempty"`
	Window   app.Window    `json:",omitzero"`
	Network  string        `json:",omitempty"`
	Address  string        `json:",omitempty"`
	Log      app.LogName   `json:",omitempty"`
	Text     string        `json:",omitempty"`
	Query    *app.LogQuery `json:",omitempty"`
	Argv     []string      `json:",omitempty"`
	Bytes    int64         `json:",omitempty"`
}

// timeless reports whether supervisors answer a request whatever the version of its
// protocol: so that a newer one can always take an older one's place.
func (q request) timeless() bool { return q.Op == opVersion || q.Op == opReplace }

// reply answers a request; some requests have many.
type reply struct {
	Error    *app.Error    `json:",omitempty"`
	Version  string        `json:",omitempty"`
	PID      int           `json:",omitempty"` // of the supervisor
	Exit     *app.Exit     `json:",omitempty"`
	Statuses []Status      `json:",omitempty"`
	Synced   bool          `json:",omitempty"`
	Lines    []app.LogLine `json:",omitempty"`
	Bytes    int64         `json:",omitempty"`
	Done     bool          `json:",omitempty"` // nothing follows
}

// failure is the reply that carries an error to the client.
func failure(err error) reply {
	var known *app.Error
	switch {
	case errors.As(err, &known):
	case errors.Is(err, syscall.ENOSPC):
		known = &app.Error{Code: app.CodeFull, Message: "the disk is full: " + err.Error()}
	default:
		known = &app.Error{Code: app.CodeInternal, Message: err.Error()}
	}
	return reply{Error: known, Done: true}
}

func writeMessage(w io.Writer, message any) error {
	data, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	return writeFrame(w, kindMessage, data)
}

// readRequest reads the first frame of a connection.
func readRequest(r io.Reader) (request, error) {
	var q request
	if err := readMessage(r, &q); err != nil {
		return q, err
	}
	if q.Protocol != protocol && !q.timeless() {
		return q, app.Fault(app.CodeUnavailable, "the supervisor speaks version %d of its protocol, not %d; restart it", protocol, q.Protocol)
	}
	return q, nil
}

// readReply reads the next frame as a reply, and returns the error that it carries.
func readReply(r io.Reader) (reply, error) {
	var p reply
	if err := readMessage(r, &p); err != nil {
		return p, err
	}
	if p.Error != nil {
		return p, p.Error
	}
	return p, nil
}

func readMessage(r io.Reader, message any) error {
	k, data, err := readFrame(r, nil)
	switch {
	case err != nil:
		return err
	case k != kindMessage:
		return errFrame
	}
	if err := json.Unmarshal(data, message); err != nil {
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	return nil
}
