package kube

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
	"gondor/cluster/kube/inside"
	"gondor/cluster/logfile"
)

// errNoLog says that the node has no output of a container.
var errNoLog = errors.New("the node has no output of the container")

const (
	mostLine  = 1 << 20 // bytes of a line; the rest of a longer one is another line
	mostBatch = 256     // lines that are written to the store at once
)

// copy copies the source into the store, behind the reader's place. It reports whether it
// came any further. It ends without error at the end of the output of a container that has
// ended, with io.EOF or another error where one that runs has to be followed again.
func (r *reader) copy(ctx context.Context, s source) (moved bool, err error) {
	stream, err := r.open(ctx, s)
	if r.before || r.copied { // else nothing was rotated away yet
		r.fillGap(ctx)
	}
	r.copied = true
	if err != nil {
		return false, err
	}
	defer func() { _ = stream.Close() }() // only read
	c := copying{reader: r, lines: bufio.NewReaderSize(stream, 64<<10), at: r.place.after}
	err = c.all()
	if errors.Is(err, io.EOF) && s.ended {
		err = c.last()
	}
	return c.moved, errors.Join(err, c.flush())
}

// open asks for the output of a container. Kubernetes takes whole seconds; a process that
// was there before us and is not well is read from its beginning, for its last words.
func (r *reader) open(ctx context.Context, s source) (io.ReadCloser, error) {
	options := &corev1.PodLogOptions{Container: processContainer, Follow: !s.ended, Previous: s.previous, Timestamps: true}
	r.mu.Lock()
	namespace, pod, well := r.pod.Namespace, r.pod.Name, isReady(r.pod)
	r.mu.Unlock()
	if after := r.place.after; !after.IsZero() && (well || !r.words.empty()) {
		options.SinceTime = &metav1.Time{Time: after.Truncate(time.Second)}
	}
	stream, err := r.follower.client.CoreV1().Pods(namespace).GetLogs(pod, options).Stream(ctx)
	if err != nil {
		return nil, fmt.Errorf("read a log: %w", err)
	}
	return stream, nil
}

func isReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// copying is one pass over the output of a container.
type copying struct {
	reader  *reader
	lines   *bufio.Reader
	at      time.Time // lines up to here are known
	ahead   bool      // a line behind that was seen, and so all that follow are new
	begun   bool      // a line was seen
	strange string    // the first line, when it had no time
	partial []byte    // a line that has not ended
	batch   []app.LogLine
	moved   bool
	kept    bool // an agent has kept it: old words, of which the replica is not told
}

// all copies whole lines until the stream ends, with io.EOF or another error.
func (c *copying) all() error {
	for {
		piece, err := c.lines.ReadSlice('\n')
		c.partial = append(c.partial, piece...)
		switch {
		case err == nil, errors.Is(err, bufio.ErrBufferFull) && len(c.partial) >= mostLine:
			err = c.line()
		case errors.Is(err, bufio.ErrBufferFull):
			err = nil
		case errors.Is(err, io.EOF) && c.strange != "" && !c.begun:
			return fmt.Errorf("%w: %s", errNoLog, c.strange)
		}
		if err != nil {
			return err
		}
	}
}

// last copies a line that has no end.
func (c *copying) last() error {
	if len(c.partial) == 0 {
		return nil
	}
	return c.line()
}

// line takes the line that is complete. The first one can be the end of a long line that
// began before the time that was asked for, or the complaint of the node.
func (c *copying) line() error {
	text := strings.TrimSuffix(string(c.partial), "\n")
	c.partial = c.partial[:0]
	stamp, rest, _ := strings.Cut(text, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil && !c.begun && c.strange == "" {
		c.strange = text
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %s", errNoLog, text)
	}
	c.begun = true
	stream, rest := inside.Unmark(rest)
	c.take(at, stream, rest)
	if len(c.batch) >= mostBatch || c.lines.Buffered() == 0 {
		return c.flush()
	}
	return nil
}

// take heeds a line and, when it is new, puts it into the batch.
func (c *copying) take(at time.Time, stream app.Stream, text string) {
	r := c.reader
	if message, found := inside.HealthMessage(text); found && stream == app.Gondor {
		if !c.kept {
			r.heedHealth(message) // it is told of the replica, not of the log
		}
		return
	}
	if stream != app.Gondor && !c.kept {
		r.words.add(text)
	}
	if c.ahead = c.ahead || at.After(c.at); !c.ahead || stream == app.Gondor && r.place.said[at.UnixNano()] {
		return
	}
	line := app.LogLine{Time: at, Stream: stream, Replica: r.replica}
	if stream == app.Gondor {
		line.Replica = ""
	}
	split(text, func(part string) {
		line.Text = part
		c.batch = append(c.batch, line)
	})
}

// split makes lines of a text that fit into a log.
func split(text string, line func(string)) {
	var s logfile.Splitter
	s.Add([]byte(text+"\n"), line)
}

// flush writes the batch. The reader's place is behind it then.
func (c *copying) flush() error {
	if len(c.batch) == 0 {
		return nil
	}
	r := c.reader
	if err := r.follower.store.Write(r.name, c.batch...); err != nil {
		return fmt.Errorf("keep a log: %w", err)
	}
	r.mu.Lock()
	r.place.after, c.moved = c.batch[len(c.batch)-1].Time, true
	r.mu.Unlock()
	c.batch = c.batch[:0]
	return nil
}
