package supervisor

import (
	"net"
	"sync"

	"gondor/app"
)

// attachment is somebody attached to a program.
type attachment struct {
	program *program
	conn    *net.UnixConn
	mu      sync.Mutex // one frame at a time
	gone    bool
}

// write sends a piece of output and waits while the far end reads slowly.
func (a *attachment) write(k kind, data []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone {
		return
	}
	if writeFrame(a.conn, k, data) != nil {
		a.gone = true
		_ = a.conn.Close() // so that who reads from it notices
	}
}

// attach makes a the one who is attached, starting a process that is held. The program
// is nil when none runs.
func (p *process) attach(a *attachment, size app.Window) (*program, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.attached.Load() != nil:
		return nil, app.Conflict("", "somebody is attached to the process already")
	case p.state == StateHeld && p.leaving:
		return nil, errLeaving
	case p.state == StateHeld:
		p.launchFor(a, size)
	case p.runs():
		a.program = p.program
		p.attached.Store(a)
		if p.spec.TTY && size.Width > 0 && size.Height > 0 {
			_ = p.program.resize(size) // it just ended
		}
	}
	return a.program, nil
}

// launchFor starts a process that was held until somebody attached, so that nothing it
// writes is missed.
func (p *process) launchFor(a *attachment, size app.Window) {
	if size.Width > 0 && size.Height > 0 {
		p.spec.Width, p.spec.Height = size.Width, size.Height
	}
	p.first = a
	p.launch()
	p.first = nil
	p.notify()
}

// detach undoes attach. gone says that the far end left before the program ended.
func (p *process) detach(a *attachment, gone bool) {
	p.attached.CompareAndSwap(a, nil)
	if gone && p.spec.Ephemeral && !p.host.replacing.Load() {
		p.stop()
	}
}
