package inside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"gondor/app"
)

// aliveInterval is between two signs of life; process 1 takes several missing ones for
// the end of who attached.
const aliveInterval = 10 * time.Second

// ErrLost says that the far end went before it told how the program ended.
var ErrLost = errors.New("the connection to the process was lost")

// Attach joins the streams to the process 1 that is reached through to and from, the
// standard input and output of "inside join" in its container. What the program writes
// from now on is copied exactly, and it waits when the streams do. A program that is held
// starts now and nothing of its output is missed.
//
// It returns how the program ended when all that it wrote was delivered; CodeConflict when
// somebody is attached, ErrLost when the connection ended before, and ctx's error when
// that ends. The caller closes to and from after any return, which ends what still reads
// or writes them; it closes them too when ctx ends, or a far end that neither reads nor
// writes is waited for. A Read of Stdin may still be outstanding, and what it reads is lost.
func Attach(ctx context.Context, to io.Writer, from io.Reader, s app.Streams) (Termination, error) {
	talk, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := &attaching{to: to, credit: newCredit(), arrived: newArrivals()}
	if err := a.write(kindAttach, encodeWindow(s.Window)); err != nil {
		return Termination{}, lost(ctx, talk, err)
	}
	go a.sendSigns(talk, s.Resizes)
	go a.read(from)
	begin := sync.OnceFunc(func() {
		if s.Stdin != nil {
			go a.sendStdin(talk, s.Stdin, cancel)
		}
	})
	t, err := a.receive(talk, s, begin)
	if err != nil {
		return t, lost(ctx, talk, err)
	}
	return t, nil
}

// attaching is the near end of one Attach.
type attaching struct {
	credit    *credit
	arrived   *arrivals
	delivered passed     // for receive alone
	mu        sync.Mutex // one frame at a time
	to        io.Writer
}

func (a *attaching) write(k kind, data []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err := a.to.Write(appendFrame(make([]byte, 0, frameHeader+len(data)), k, data))
	return err
}

// lost says why the conversation ended early: whatever ended the caller's ctx comes first,
// then what ended the conversation. The former is asked itself, because the caller closes
// the connection by it too, perhaps before the latter has heard of it.
func lost(ctx, talk context.Context, err error) error {
	switch {
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case context.Cause(talk) != nil:
		return context.Cause(talk)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return ErrLost
	default:
		return err
	}
}

// sendStdin sends what r has, never more ahead than the credit allows. When r fails, so
// does the attach.
func (a *attaching) sendStdin(ctx context.Context, r io.Reader, fail func(error)) {
	buf := make([]byte, maxFrame)
	for {
		n, err := r.Read(buf)
		if !a.credit.take(ctx.Done(), n) || ctx.Err() != nil {
			return
		}
		if n > 0 && a.write(kindStdin, buf[:n]) != nil {
			return
		}
		switch {
		case errors.Is(err, io.EOF):
			_ = a.write(kindEnd, nil) // receive learns of a lost connection too
			return
		case err != nil:
			fail(fmt.Errorf("read the input: %w", err))
			return
		}
	}
}

// sendSigns passes window changes on, beside the input so that they overtake what the
// program has not read yet, and says again and again that somebody is there.
func (a *attaching) sendSigns(ctx context.Context, resizes <-chan app.Window) {
	ticker := time.NewTicker(aliveInterval)
	defer ticker.Stop()
	for {
		k, data := kindAlive, []byte(nil)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case size, open := <-resizes:
			if !open {
				resizes = nil
				continue
			}
			k, data = kindResize, encodeWindow(size)
		}
		if a.write(k, data) != nil {
			return
		}
	}
}

// read takes what arrives, so that the connection is always read: one whose reader waits
// too long for slow streams is cut by those who carry it.
func (a *attaching) read(from io.Reader) {
	buf := make([]byte, maxFrame)
	for {
		k, data, err := readFrame(from, buf)
		switch {
		case err != nil:
		case k == kindCredit:
			err = a.credit.give(decodeCredit(data))
		default:
			err = a.arrived.put(k, data)
		}
		if k == kindExit {
			_ = a.write(kindDone, nil) // without it process 1 ends a little later
		}
		if err != nil {
			a.arrived.end(err)
			return
		}
	}
}

// receive copies output until the last frame. It calls begin when the far end is ready for
// input.
func (a *attaching) receive(ctx context.Context, s app.Streams, begin func()) (Termination, error) {
	for {
		f, err := a.arrived.next(ctx)
		if err != nil {
			return Termination{}, err
		}
		switch f.kind {
		case kindExit:
			if t, ok := ParseTermination(string(f.data)); ok {
				return t, nil
			}
			err = errFrame
		case kindRefused:
			return Termination{}, app.Conflict("", "%s", f.data)
		case kindAttached:
			begin()
		case kindStdout:
			err = a.deliver(s.Stdout, f.data)
		case kindStderr:
			err = a.deliver(s.Stderr, f.data)
		default:
			err = errFrame
		}
		if err != nil {
			return Termination{}, err
		}
	}
}

// deliver passes output on and gives the far end room for more. A far end that takes no
// room any more has perhaps told everything and gone: what arrived says so, or that the
// connection was lost.
func (a *attaching) deliver(w io.Writer, data []byte) error {
	if w != nil {
		if _, err := w.Write(data); err != nil {
			return fmt.Errorf("deliver the output: %w", err)
		}
	}
	if credit := a.delivered.add(len(data)); credit != nil {
		_ = a.write(kindCredit, credit)
	}
	return nil
}
