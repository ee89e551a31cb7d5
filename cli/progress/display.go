// Package progress shows long work: the steps it takes, what they write, and the time
// they take.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// tick is how often the elapsed time is drawn anew.
const tick = time.Second

// Options say where and how a Display shows. Out is required.
type Options struct {
	Out      io.Writer
	Terminal bool             // Out is one: the step at work stays on the last line
	Color    bool             // marks may be coloured
	Width    func() int       // of the terminal in characters; 80 when nil
	Now      func() time.Time // time.Now when nil
}

// Display shows one piece of work. On a terminal the last line tells the step at work
// with its time, and everything else scrolls above it; elsewhere there are only lines.
// Every change is one write. It is safe for concurrent use.
type Display struct {
	options Options

	mu      sync.Mutex
	step    string // at work, empty for none
	detail  string
	began   time.Time
	partial string // output that waits for the end of its line
	drawn   string // what stands on the last line now

	stop chan struct{}
	done sync.WaitGroup
}

// New returns a display that shows nothing yet. Close it.
func New(o Options) *Display {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Width == nil {
		o.Width = func() int { return 80 }
	}
	d := &Display{options: o, stop: make(chan struct{})}
	if o.Terminal {
		d.done.Go(d.redraw)
	}
	return d
}

// redraw keeps the elapsed time true until Close.
func (d *Display) redraw() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-ticker.C:
			d.mu.Lock()
			d.draw("")
			d.mu.Unlock()
		}
	}
}

// Step ends the step at work, if any, and begins another.
func (d *Display) Step(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ended := d.endText(succeeded)
	d.step, d.detail, d.began = name, "", d.options.Now()
	if !d.options.Terminal {
		ended += name + "...\n"
	}
	d.draw(ended)
}

// Detail says more of the step at work: whom it waits for, how far it is.
func (d *Display) Detail(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if text == d.detail || d.step == "" {
		return
	}
	d.detail = text
	if !d.options.Terminal && text != "" {
		d.draw("  " + d.step + ": " + text + "\n")
		return
	}
	d.draw("")
}

// Print writes lines of Gondor's own, such as a warning.
func (d *Display) Print(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draw(d.flush() + strings.TrimSuffix(fmt.Sprintf(format, args...), "\n") + "\n")
}

// Done ends the step at work as one that succeeded.
func (d *Display) Done() { d.end(succeeded) }

// Fail ends the step at work as one that failed.
func (d *Display) Fail() { d.end(failed) }

// Leave ends the step at work as one that goes on without being watched.
func (d *Display) Leave() { d.end(left) }

func (d *Display) end(how outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draw(d.endText(how))
}

// Close ends the display; a step still at work leaves no trace.
func (d *Display) Close() {
	close(d.stop)
	d.done.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	text := d.flush()
	d.step = ""
	d.draw(text)
}
