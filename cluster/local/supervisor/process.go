package supervisor

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gondor/app"
	"gondor/cluster/logfile"
)

// host is what all processes share.
type host struct {
	dir     string
	log     *slog.Logger
	logs    *logfile.Store
	reaper  *reaper
	buffers *chunks
	pace    pace
	passing func(point string) // see Options
	changed func(*process, Status)
	removed func(*process)

	draining  sync.WaitGroup // of outputs whose programs have ended
	replacing atomic.Bool    // who is attached is cut off for a moment, and has not gone
}

// step does what a kill could come before or after.
func (h *host) step(name string, do func() error) error {
	h.passing("before " + name)
	err := do()
	h.passing("after " + name)
	return err
}

// process is one ID: what it should run, the program that it runs now, and how the last
// one ended. The package's comment has its states.
type process struct {
	spec     Spec
	host     *host
	tail     tail
	attached atomic.Pointer[attachment]
	done     chan struct{} // closed in StateExited

	mu         sync.Mutex
	state      State
	program    *program    // the present one, or the last
	first      *attachment // who is attached to the next program from its beginning
	recovering bool        // a program of an earlier supervisor is being ended
	next       time.Time
	restarts   int
	backoff    backoff
	exit       app.Exit
	stopping   bool      // it ends for good, because somebody said so
	removing   bool      // and is forgotten then
	leaving    bool      // it ends because the supervisor does
	timedOut   bool      // the present program ran too long
	killed     bool      // SIGKILL was sent to it
	killAt     time.Time // when SIGKILL follows a SIGTERM; zero when none was sent
	again      *time.Timer
	timeout    *time.Timer
	kill       *time.Timer
}

func newProcess(h *host, s Spec) *process {
	return &process{
		spec: s, host: h, state: StateHeld, done: make(chan struct{}), backoff: backoff{pace: h.pace},
	}
}

// begin writes the process down and starts it unless it is held. The caller has its lock.
func (p *process) begin() error {
	if !p.spec.Hold {
		p.state = StateRunning
	}
	if err := p.save(); err != nil {
		return err
	}
	if !p.spec.Hold {
		p.launch()
	}
	p.notify()
	return nil
}

// launch starts the program. One that can't be started has ended at once.
func (p *process) launch() {
	p.state, p.next, p.timedOut, p.killed, p.killAt = StateRunning, time.Time{}, false, false, time.Time{}
	g, err := p.spawn()
	if err != nil {
		p.settle(notStarted(err), 0)
		return
	}
	p.program = g
	if p.spec.Timeout > 0 {
		p.timeout = time.AfterFunc(p.spec.Timeout, func() { p.expire(g) })
	}
	p.record()
}

// runs reports whether a program runs. The caller holds the process's lock.
func (p *process) runs() bool { return p.state == StateRunning && p.program != nil }

// ended is called when the program has been reaped. How it ended is told when its output
// was read; who reads it too slowly does not hold that up.
func (p *process) ended(g *program, status syscall.WaitStatus) {
	g.reaped()
	patience := time.NewTimer(2 * drainTime)
	defer patience.Stop()
	select {
	case <-g.drained:
	case <-patience.C:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	why := ending{
		status: status, outOfMemory: oomKills(p.spec.Cgroups) > g.ooms,
		timedOut: p.timedOut, stopped: p.stopping || p.leaving, killed: p.killed,
	}
	if refused, most := refusedForks(p.spec.Cgroups); refused > g.refused {
		why.most = most
	}
	p.settle(why.exit(p.spec), time.Since(g.started))
}

// settle decides what comes after an end.
func (p *process) settle(exit app.Exit, lived time.Duration) {
	p.exit = exit
	stopTimers(p.timeout, p.kill)
	if p.spec.Restart && !p.stopping && !p.leaving {
		p.wait(lived)
	} else {
		p.finish()
	}
	p.notify()
}

// wait plans the next start.
func (p *process) wait(lived time.Duration) {
	delay := p.backoff.next(lived)
	p.state, p.next = StateWaiting, time.Now().Add(delay)
	p.restarts++
	p.say(fmt.Sprintf("%s: %s; starts again %s", p.spec.ID, p.exit.Message, when(delay)))
	p.again = time.AfterFunc(delay, p.restart)
	p.record()
}

func when(delay time.Duration) string {
	if delay == 0 {
		return "at once"
	}
	return fmt.Sprintf("in %v", delay)
}

func (p *process) restart() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != StateWaiting {
		return
	}
	p.launch()
	p.notify()
}

// finish is the end for good.
func (p *process) finish() {
	p.state, p.next = StateExited, time.Time{}
	close(p.done)
	if p.removing {
		p.forget()
		return
	}
	p.record()
}

// forget removes every trace.
func (p *process) forget() {
	p.state = StateRemoved
	if err := p.erase(); err != nil {
		p.host.log.Error("forget a process", "process", p.spec.ID, "error", err)
	}
	p.host.removed(p)
}

// record writes down the present state; a failure leaves the one before for whoever
// recovers it.
func (p *process) record() {
	if err := p.save(); err != nil {
		p.host.log.Error("write down a process", "process", p.spec.ID, "error", err)
	}
}

func stopTimers(timers ...*time.Timer) {
	for _, t := range timers {
		if t != nil {
			t.Stop()
		}
	}
}
