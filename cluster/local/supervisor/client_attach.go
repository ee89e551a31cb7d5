package supervisor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/semaphore"

	"gondor/app"
)

// Attach joins the streams to a process: what it writes from now on is copied exactly,
// and it waits when the streams do; the end of Stdin closes its standard input, or is
// the end-of-file character on a terminal. It returns nil when the present program has
// ended and all that it wrote was delivered; at once when none runs. A process that is
// held starts now and nothing of its output is missed. CodeNotFound when there is none,
// CodeConflict when somebody is attached. When Attach returns, a Read of Stdin may still
// be outstanding, and what it reads is lost.
func (c *Client) Attach(ctx context.Context, id string, s app.Streams) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	k, err := c.open(ctx, request{Op: opAttach, ID: id, Window: s.Window})
	if err != nil {
		return err
	}
	defer k.end()
	if _, err := k.next(); err != nil {
		return err
	}
	credit := semaphore.NewWeighted(window)
	if s.Stdin != nil {
		go k.sendStdin(ctx, s.Stdin, credit, cancel)
	}
	go c.sendResizes(ctx, id, s.Resizes)
	return k.receive(s, credit)
}

// sendStdin sends what r has, never more ahead than the credit allows. When r fails, so
// does the attach; when the supervisor takes no more, its last reply says why.
func (k *conn) sendStdin(ctx context.Context, r io.Reader, credit *semaphore.Weighted, fail func(error)) {
	buf := make([]byte, maxData/2)
	for {
		n, err := r.Read(buf)
		if credit.Acquire(ctx, int64(n)) != nil {
			return
		}
		if n > 0 && writeFrame(k, kindStdin, buf[:n]) != nil {
			return
		}
		switch {
		case errors.Is(err, io.EOF):
			_ = writeFrame(k, kindEnd, nil)
			return
		case err != nil:
			fail(fmt.Errorf("read the input: %w", err))
			return
		}
	}
}

// sendResizes passes window changes on, beside the streams so that they overtake what
// the process has not read yet.
func (c *Client) sendResizes(ctx context.Context, id string, resizes <-chan app.Window) {
	for {
		select {
		case <-ctx.Done():
			return
		case size, open := <-resizes:
			if !open {
				return
			}
			_ = c.Resize(ctx, id, size) // it has ended: Attach is about to say so
		}
	}
}

// receive copies output until the last reply.
func (k *conn) receive(s app.Streams, credit *semaphore.Weighted) error {
	buf := make([]byte, maxData)
	for {
		kind, data, err := readFrame(k, buf)
		if err != nil {
			return k.lost(err)
		}
		switch kind {
		case kindStdout:
			err = deliver(s.Stdout, data)
		case kindStderr:
			err = deliver(s.Stderr, data)
		case kindCredit:
			err = release(credit, data)
		case kindMessage:
			return nil
		default:
			err = errFrame
		}
		if err != nil {
			return err
		}
	}
}

func deliver(w io.Writer, data []byte) error {
	if w == nil {
		return nil
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("deliver the output: %w", err)
	}
	return nil
}

// release gives back what the process has taken of its standard input.
func release(credit *semaphore.Weighted, data []byte) error {
	if len(data) != 4 {
		return errFrame
	}
	credit.Release(int64(binary.BigEndian.Uint32(data)))
	return nil
}
