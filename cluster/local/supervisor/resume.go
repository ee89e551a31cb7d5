package supervisor

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// resume goes on where the supervisor was whose place this one takes. What can't be taken
// over of a process is told, and it goes on without.
func (s *server) resume(h *handover) error {
	s.socket = os.NewFile(uintptr(h.Socket), "supervisor.sock")
	if err := inherit(s.socket, false); err != nil {
		return fmt.Errorf("take over the socket: %w", err)
	}
	for key, fd := range h.Listening {
		f := os.NewFile(uintptr(fd), key)
		if err := inherit(f, false); err != nil {
			return fmt.Errorf("take over the socket of %s: %w", key, err)
		}
		s.sockets.open[key] = f
	}
	for _, one := range h.Processes {
		p := restore(s.host, one.Record)
		p.recovering = false
		s.registry.add(p)
		p.mu.Lock()
		p.resume(one)
		p.mu.Unlock()
	}
	return nil
}

// resume gives a process what was handed over of it. The caller holds its lock.
func (p *process) resume(h handedProcess) {
	p.next, p.backoff.delay = h.Next, h.Delay
	p.timedOut, p.killed, p.killAt = h.TimedOut, h.Killed, h.KillAt
	p.tail.lines = h.Tail
	switch {
	case p.state == StateWaiting:
		p.again = time.AfterFunc(time.Until(p.next), p.restart)
	case p.state == StateRunning && h.Program != nil:
		p.carryOn(h.Record, h.Program)
	}
}

// carryOn goes on with the program that runs.
func (p *process) carryOn(r record, h *handedProgram) {
	g := &program{process: p, pid: r.PID, born: r.Born, started: h.Started, ooms: h.OOMs, refused: h.Refused, drained: make(chan struct{})}
	if err := g.reopen(h); err != nil {
		p.host.log.Error("take over the output of a process", "process", p.spec.ID, "error", err)
	}
	p.program = g
	if p.spec.Timeout > 0 {
		p.timeout = time.AfterFunc(time.Until(g.started.Add(p.spec.Timeout)), func() { p.expire(g) })
	}
	if !p.killAt.IsZero() {
		p.kill = time.AfterFunc(time.Until(p.killAt), func() { p.slay(g) })
	}
	p.host.reaper.adopt(g.pid, func(s syscall.WaitStatus) { p.ended(g, s) })
	g.read()
}

// reopen makes files of the descriptors, and what reads them.
func (g *program) reopen(h *handedProgram) (err error) {
	if h.Input >= 0 {
		g.input = os.NewFile(uintptr(h.Input), "input")
		err = inherit(g.input, false)
	}
	for _, one := range h.Outputs {
		f := os.NewFile(uintptr(one.File), "output")
		if err == nil {
			err = inherit(f, false)
		}
		g.outputs = append(g.outputs, f)
	}
	if err == nil {
		err = g.addPumps()
	}
	if err == nil && g.process.spec.Log != "" {
		g.writer, err = g.process.host.logs.Writer(g.process.spec.Log)
	}
	if err != nil {
		g.pumps = nil
		return err
	}
	for i, one := range h.Outputs {
		g.pumps[i].resume(one)
	}
	return nil
}

// resume goes on with the line that has begun.
func (p *pump) resume(h handedOutput) {
	p.split.Resume(h.Partial, h.Flushed)
	p.waiting = p.split.Waiting()
	_ = p.file.SetReadDeadline(p.prompt()) // a file without deadlines only shows prompts late
}
