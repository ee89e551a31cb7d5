package supervisor

import (
	"syscall"
	"time"

	"gondor/app"
)

// stop ends the process for good. It returns when that is under way.
func (p *process) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == StateExited || p.stopping {
		return
	}
	p.stopping = true
	p.record()
	p.end()
}

// remove ends the process and forgets it.
func (p *process) remove() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.removing {
		return
	}
	p.removing = true
	if p.state == StateExited {
		p.forget()
		p.notify()
		return
	}
	if !p.stopping {
		p.stopping = true
		p.record()
		p.end()
	}
}

// leave ends the process because the supervisor ends. A process that is held stays so.
func (p *process) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leaving || p.state == StateExited {
		return
	}
	p.leaving = true
	if !p.stopping && p.state != StateHeld {
		p.end()
	}
}

// awaitEnd waits until no program runs, now that the supervisor leaves.
func (p *process) awaitEnd() {
	p.mu.Lock()
	held := p.state == StateHeld
	p.mu.Unlock()
	if !held {
		<-p.done
	}
}

// end begins the end, whatever the state.
func (p *process) end() {
	switch {
	case p.recovering: // whoever recovers it goes on from here
	case p.state == StateHeld:
		p.settle(neverStarted(), 0)
	case p.state == StateWaiting:
		stopTimers(p.again)
		p.settle(p.exit, 0)
	default:
		p.terminate(p.program)
		p.notify()
	}
}

// expire ends a program that ran too long.
func (p *process) expire(g *program) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.program != g || p.state != StateRunning {
		return
	}
	p.timedOut = true
	p.terminate(g)
}

// terminate asks a program to end, and makes it end after the StopTimeout.
func (p *process) terminate(g *program) {
	signals := []syscall.Signal{syscall.SIGTERM, syscall.SIGCONT}
	if p.spec.TTY {
		signals = append(signals, syscall.SIGHUP) // an interactive shell ignores SIGTERM
	}
	for _, s := range signals {
		_ = g.signal(s) // it ended by itself
	}
	stopTimers(p.kill)
	p.killAt = time.Now().Add(p.spec.stopTimeout())
	p.kill = time.AfterFunc(p.spec.stopTimeout(), func() { p.slay(g) })
}

func (p *process) slay(g *program) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.program == g && g.signal(syscall.SIGKILL) == nil {
		p.killed = true
	}
}

// signal passes a signal on.
func (p *process) signal(s syscall.Signal) error {
	g, err := p.running()
	if err != nil {
		return err
	}
	return g.signal(s)
}

// running is the present program.
func (p *process) running() (*program, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != StateRunning || p.program == nil {
		return nil, errNotRunning
	}
	return p.program, nil
}

// result is how the process ended, once done is closed.
func (p *process) result() app.Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}
