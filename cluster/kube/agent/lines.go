package agent

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Lines writes the lines of a pod that were written after a time, as "TIME TEXT", which is
// how the kubelet gives them out: the pieces of a line are joined under the time of the
// first. The last one has no end when the container has not ended it. Nothing when nothing
// is kept.
func (a *Agent) Lines(ctx context.Context, uid string, after time.Time, w io.Writer) error {
	files, err := a.files(uid)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	c := conversion{out: out, after: after}
	for i, k := range files {
		if i+1 < len(files) && !files[i+1].begin.After(after) {
			continue // all of it is known
		}
		if err := errors.Join(ctx.Err(), unlessGone(a.convert(&c, k))); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("give out what is kept: %w", err)
	}
	return nil
}

// files lists what there is of a pod at this moment.
func (a *Agent) files(uid string) ([]kept, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, directory := range []string{podsDirectory, keptDirectory} {
		pods, err := a.pods(directory)
		if err != nil {
			return nil, err
		}
		for _, pod := range pods {
			if pod.UID != uid {
				continue
			}
			if err := a.lookAt(pod, map[string]bool{}); err != nil {
				return nil, err
			}
			return a.list(pod.directory())
		}
	}
	return nil, nil
}

func (a *Agent) convert(c *conversion, k kept) error {
	file, err := open(a.root, k.path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	if err := c.all(bufio.NewReaderSize(file, mostEntry)); err != nil {
		return fmt.Errorf("read what is kept in %s: %w", k.path, err)
	}
	return nil
}

// conversion makes the kubelet's lines of entries.
type conversion struct {
	out   *bufio.Writer
	after time.Time
	ahead bool // a line behind that was seen, and so all that follow are new

	known  bool // the present line is
	within bool // it goes on
	cut    bool // so does the present entry
	last   bool // which ends the line
}

// all converts the entries of a file. What is no entry is passed over, as the kubelet does;
// one without its end is being written.
func (c *conversion) all(in *bufio.Reader) error {
	for {
		piece, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if err := c.add(piece, err == nil); err != nil {
			return err
		}
	}
}

// add converts an entry, or a piece of a long one.
func (c *conversion) add(piece []byte, whole bool) error {
	if !c.cut {
		e, err := parseEntry(piece)
		if err != nil {
			return nil // nothing is lost by that but what could not be read by anybody
		}
		if !c.within {
			c.begin(e.time)
		}
		piece, c.last = e.text, !e.partial
	}
	c.cut = !whole
	c.within = c.cut || !c.last
	if c.known {
		return nil
	}
	_, err := c.out.Write(bytes.TrimSuffix(piece, []byte("\n")))
	if err == nil && !c.within {
		err = c.out.WriteByte('\n')
	}
	return err
}

// begin begins a line.
func (c *conversion) begin(at time.Time) {
	c.ahead = c.ahead || at.After(c.after)
	c.known = !c.ahead
	if c.ahead {
		_, _ = c.out.Write(append(at.UTC().AppendFormat(nil, time.RFC3339Nano), ' ')) // the next write tells of a fault
	}
}
