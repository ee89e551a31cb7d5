package inside

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"time"

	"gondor/app"
	"gondor/cluster/limit"
)

// launch starts the program. One that can't be started has ended at once.
func (l *life) launch(first *session) {
	l.kills = limit.MemoryKills(l.o.Cgroups)
	g, err := startProgram(l.spec, l.dir, l.env, l.out, first)
	if err != nil {
		l.state, l.end = ended, notStarted(err, l.spec)
		l.notes.say(l.end.Message)
		return
	}
	l.state, l.program = running, g
	if l.spec.Timeout > 0 {
		l.timeout.Reset(l.spec.Timeout)
	}
	if l.ready != nil {
		l.beginChecks(newChecker(l.spec, l.port, l.ready, l.notes))
	}
}

// beginChecks has the program checked until checks is called, which waits for the end of
// the present check.
func (l *life) beginChecks(c *checker) {
	ctx, cancel := context.WithCancel(context.Background())
	var checking sync.WaitGroup
	checking.Go(func() { c.run(ctx) })
	l.checks = func() {
		cancel()
		checking.Wait()
	}
}

// stop has the program end with a signal. A web service that others may be talking to is
// drained first.
func (l *life) stop(s syscall.Signal) {
	switch {
	case l.state == held:
		l.state, l.end = ended, neverStarted()
		l.conclude()
	case l.state == ended:
		l.dismiss()
	case l.state != running:
	case l.spec.Kind == app.Web && l.ready.ever.Load():
		l.state, l.asked = draining, s
		l.drain = drain{
			port: l.port, began: time.Now(), least: l.o.RouteDelay,
			most: max(l.spec.DrainTimeout, l.o.RouteDelay),
		}
		l.tick.Reset(drainInterval)
	default:
		l.asked = s
		l.terminate()
	}
}

// forsake ends a program that is held for somebody who does not come.
func (l *life) forsake() {
	if l.state == held {
		message := fmt.Sprintf("stopped before it started: nobody attached to it within %v", l.o.HoldTimeout)
		l.state, l.end = ended, Termination{Code: neverStarted().Code, Message: message}
		l.conclude()
	}
}

// expire ends a program that ran too long.
func (l *life) expire() {
	if l.state == running {
		l.why.timedOut, l.asked = true, syscall.SIGTERM
		l.terminate()
	}
}

// terminate asks the program to end, and makes it end after the StopTimeout.
func (l *life) terminate() {
	l.tick.Stop()
	l.checks()
	l.state, l.why.stopped = stopping, true
	l.program.signal(l.asked)
	l.program.signal(syscall.SIGCONT)
	if l.spec.TTY {
		l.program.signal(syscall.SIGHUP) // an interactive shell ignores SIGTERM
		l.tick.Reset(hangUpInterval)
	}
	l.kill.Reset(l.spec.stopTimeout())
}

// hangUpInterval is between two SIGHUPs: a shell that is about to read a line when the
// first one comes would miss it.
const hangUpInterval = time.Second

// look sees whether the program has drained, or hangs up once more.
func (l *life) look(now time.Time) {
	switch {
	case l.state == stopping:
		l.program.signal(syscall.SIGHUP)
	case l.state == draining && l.drain.over(now):
		l.terminate()
	}
}

// slay ends a program that did not end by itself or, once it has ended, the wait for who
// reads its output too slowly.
func (l *life) slay() {
	if l.state == ended {
		l.dismiss()
		return
	}
	l.why.killed = true
	l.program.signal(syscall.SIGKILL)
}

// dismiss ends the session of who is attached.
func (l *life) dismiss() {
	if l.session != nil {
		_ = l.session.conn.Close() // whoever reads from it notices
	}
}

// ended takes to heart that the program was reaped.
func (l *life) ended(status syscall.WaitStatus) {
	l.tick.Stop()
	l.timeout.Stop()
	l.kill.Stop()
	l.checks()
	l.why.outOfMemory = limit.MemoryKills(l.o.Cgroups) > l.kills
	l.state, l.end = ended, l.why.tell(status, l.spec)
	l.program.ended()
	if l.why.stopped {
		l.kill.Reset(lateReader)
	}
}

// drained is closed when the program has ended and all its output was delivered; nil once
// that has been told.
func (l *life) drained() <-chan struct{} {
	switch {
	case l.state != ended || l.told:
		return nil
	case l.program == nil:
		return closed()
	default:
		return l.program.drained
	}
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// conclude tells who is attached how the program ended, and waits until they have read it.
func (l *life) conclude() {
	l.told = true
	if l.session == nil {
		l.state = over
		return
	}
	go l.session.conclude(l.end) // it may be read slowly
}

// join attaches somebody, one at a time. A program that is held starts now.
func (l *life) join(s *session) {
	if l.session != nil {
		go s.refuse("somebody is attached to the process already") // it may be read slowly
		return
	}
	l.session = s
	s.write(kindAttached, nil)
	if l.state == held {
		if s.first.Width > 0 && s.first.Height > 0 {
			l.spec.Window = s.first
		}
		l.launch(s)
	}
	if s.program = l.program; s.program != nil {
		s.program.session.Store(s)
		s.program.resize(s.first)
	}
	close(s.joined)
}

// leave takes to heart that somebody who was attached, or wanted to be, has gone.
func (l *life) leave(s *session) {
	if l.session != s {
		return
	}
	l.session = nil
	if l.program != nil {
		l.program.session.CompareAndSwap(s, nil)
	}
	switch {
	case l.state == ended && l.told:
		l.state = over
	case l.spec.Ephemeral && l.state == running:
		l.stop(syscall.SIGTERM)
	}
}
