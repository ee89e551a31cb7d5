package supervisor

import (
	"gondor/app"
	"gondor/cluster/logfile"
)

func (p *process) notify() { p.host.changed(p, p.statusLocked()) }

// status returns the present state.
func (p *process) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.statusLocked()
}

func (p *process) statusLocked() Status {
	s := Status{
		ID: p.spec.ID, State: p.state, Next: p.next, Restarts: p.restarts, Exit: p.exit,
		Stopping: p.stopping, Labels: p.spec.Labels, Log: p.spec.Log, Tail: p.tail.get(),
	}
	if p.program != nil {
		s.Started = p.program.started
	}
	if p.runs() {
		s.PID = p.program.pid
	}
	return s
}

// keep gives lines to the tail and to the log.
func (p *process) keep(w *logfile.Writer, lines []app.LogLine) {
	if len(lines) == 0 {
		return
	}
	p.tail.add(lines)
	if w == nil {
		return
	}
	if err := w.Append(lines...); err != nil {
		p.host.log.Error("write a log", "log", p.spec.Log, "error", err)
	}
}

// say writes a line about the process to its log.
func (p *process) say(text string) {
	if p.spec.Log == "" {
		return
	}
	if err := p.host.logs.Append(p.spec.Log, text); err != nil {
		p.host.log.Error("write a log", "log", p.spec.Log, "error", err)
	}
}
