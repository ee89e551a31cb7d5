package inside

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"gondor/app"
	"gondor/cluster/command"
)

// life is process 1: it runs one program, from its start to its end.
//
//	held ──somebody attaches──▶ running ──SIGTERM──▶ draining ──quiet──▶ stopping
//	                               └──────────────────ends───────────────▶ ended
//	over, when the output was read and who is attached knows how it ended
type life struct {
	spec    Spec
	o       Options
	dir     string
	env     command.Environment
	port    int // of a web service
	out     *output
	notes   *notes
	ready   *readiness   // nil for a one-off
	attach  *attachments // nil for a service
	signals chan os.Signal
	// children has an element when some may have ended: a flood of other signals must not
	// drop that.
	children chan os.Signal

	// What follows is the loop's own.
	state   state
	program *program
	session *session // who is attached
	kills   int64    // for memory, before the program started
	why     ending
	end     Termination
	told    bool // who was attached at the end has been told of it
	drain   drain
	asked   syscall.Signal // what it is stopped with
	tick    *time.Ticker   // of the drain, and of hanging up
	lonely  *time.Timer    // ends one that nobody attaches to
	timeout *time.Timer
	kill    *time.Timer
	checks  func() // ends them
}

type state int

const (
	held state = iota
	running
	draining
	stopping
	ended
	over
)

// newLife prepares all but the program.
func newLife(o Options) (*life, error) {
	l := &life{spec: o.Spec, o: o, dir: o.Spec.Dir, out: &output{w: o.Stdout}, checks: func() {}}
	if !o.Spec.Log {
		l.out.w = nil
	}
	if l.dir == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, fmt.Errorf("find the working directory: %w", err)
		}
		l.dir = dir
	}
	env, err := o.environment(l.dir)
	if err != nil {
		return nil, err
	}
	l.env = env
	if l.spec.Kind == app.Web {
		if l.port, err = strconv.Atoi(env["PORT"]); err != nil || l.port < 1 || l.port > 65535 {
			return nil, app.Invalid("", "the variable PORT is %q; it must be a number from 1 to 65535", env["PORT"])
		}
	}
	return l, adoptOrphans()
}

// live runs the program and returns how it ended.
func (l *life) live(ctx context.Context) Termination {
	defer l.listen()()
	l.notes = newNotes(l.out)
	defer l.notes.end()
	if err := l.open(ctx); err != nil {
		return Termination{Code: 1, Message: err.Error()}
	}
	defer l.close()
	l.idle()
	if !l.spec.Hold {
		l.launch(nil)
	}
	l.loop(ctx)
	return l.end
}

// listen takes signals until the function that it returns is called.
func (l *life) listen() (deaf func()) {
	l.signals, l.children = make(chan os.Signal, 32), make(chan os.Signal, 1)
	signal.Notify(l.signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT,
		syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH)
	signal.Notify(l.children, syscall.SIGCHLD)
	broken := make(chan os.Signal, 1) // an output that nobody reads any more must end nothing
	signal.Notify(broken, syscall.SIGPIPE)
	return func() {
		signal.Stop(l.signals)
		signal.Stop(l.children)
		signal.Stop(broken)
	}
}

// open opens what others reach process 1 by.
func (l *life) open(ctx context.Context) (err error) {
	if l.spec.Kind == "" {
		l.attach, err = openAttachments(ctx, l.o.Socket)
		return err
	}
	address := l.o.Readiness
	if address == "" {
		address = ":" + strconv.Itoa(ReadinessPort(l.port))
	}
	if l.ready, err = openReadiness(ctx, address); err == nil {
		go l.ready.serve()
	}
	return err
}

func (l *life) close() {
	l.checks()
	if l.attach != nil {
		l.attach.close()
	}
	if l.ready != nil {
		_ = l.ready.listener.Close() // nothing more comes from it
	}
}

// idle makes clocks that do not run.
func (l *life) idle() {
	l.tick = time.NewTicker(time.Hour)
	l.tick.Stop()
	l.lonely = time.NewTimer(l.o.HoldTimeout)
	l.timeout, l.kill = time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	l.timeout.Stop()
	l.kill.Stop()
}

// loop takes one event after the other to heart.
func (l *life) loop(ctx context.Context) {
	var joins, leaves chan *session
	if l.attach != nil {
		joins, leaves = l.attach.joins, l.attach.leaves
	}
	done := ctx.Done()
	for l.state != over {
		select {
		case s := <-l.signals:
			l.heed(s.(syscall.Signal))
		case <-l.children:
			l.reap()
		case <-done:
			done = nil
			l.stop(syscall.SIGTERM)
		case s := <-joins:
			l.join(s)
		case s := <-leaves:
			l.leave(s)
		case <-l.tick.C:
			l.look(time.Now())
		case <-l.lonely.C:
			l.forsake()
		case <-l.timeout.C:
			l.expire()
		case <-l.kill.C:
			l.slay()
		case <-l.drained():
			l.conclude()
		}
	}
}

// heed does what a signal asks for.
func (l *life) heed(s syscall.Signal) {
	switch s {
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT: // an image names its own to stop by
		l.stop(s)
	default:
		if l.state == running {
			l.program.signal(s)
		}
	}
}

// reap collects every child that has ended: the program, and what others have left behind.
func (l *life) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if l.program != nil && pid == l.program.pid && l.state != ended {
			l.ended(status)
		}
	}
}
