package inside

import (
	"context"
	"sync"
)

// arrivals are the frames that arrived and were not taken to heart yet: never more than
// the far end has room for.
type arrivals struct {
	wake   chan struct{} // has one element when there is something
	mu     sync.Mutex
	frames []frame
	bytes  int
	err    error // after the frames, no more come
}

type frame struct {
	kind kind
	data []byte
}

func newArrivals() *arrivals { return &arrivals{wake: make(chan struct{}, 1)} }

// put adds a frame, whose data it copies.
func (a *arrivals) put(k kind, data []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	output := k == kindStdout || k == kindStderr
	if output && a.bytes+len(data) > window || len(data) == 0 && k != kindAttached || len(a.frames) > window {
		return errFrame
	}
	if output {
		a.bytes += len(data)
	}
	a.frames = append(a.frames, frame{k, append([]byte(nil), data...)})
	a.signal()
	return nil
}

func (a *arrivals) end(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
	a.signal()
}

func (a *arrivals) signal() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// next waits for a frame.
func (a *arrivals) next(ctx context.Context) (frame, error) {
	for {
		f, found, err := a.take()
		if found || err != nil {
			return f, err
		}
		select {
		case <-ctx.Done():
			return frame{}, ctx.Err()
		case <-a.wake:
		}
	}
}

func (a *arrivals) take() (f frame, found bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.frames) == 0 {
		return frame{}, false, a.err
	}
	f, a.frames = a.frames[0], a.frames[1:]
	if f.kind == kindStdout || f.kind == kindStderr {
		a.bytes -= len(f.data)
	}
	return f, true, nil
}
