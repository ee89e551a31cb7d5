package supervisor

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// bundle is a handover and the files whose descriptors it names.
type bundle struct {
	handover
	files []*os.File
	err   error // of the first file that has none
}

// add returns the descriptor of a file, which is to stay open.
func (b *bundle) add(f *os.File) int {
	fd := -1
	err := control(f, func(n int) error { fd = n; return nil })
	b.err = errors.Join(b.err, err)
	b.files = append(b.files, f)
	return fd
}

// gather collects all that there is. held says that the caller holds the locks of all
// processes, and nothing changes any more; otherwise it is only good for a rehearsal.
func (s *server) gather(held bool) *bundle {
	b := &bundle{handover: handover{Format: handoverFormat}}
	b.Lock, b.Socket, b.Listening = b.add(s.lock), b.add(s.socket), map[string]int{}
	s.sockets.each(func(key string, f *os.File) { b.Listening[key] = b.add(f) })
	for _, p := range s.registry.list() {
		if !held {
			p.mu.Lock()
		}
		b.Processes = append(b.Processes, p.hand(b, held))
		if !held {
			p.mu.Unlock()
		}
	}
	return b
}

// hand returns what is handed over of a process. The caller holds its lock.
func (p *process) hand(b *bundle, paused bool) handedProcess {
	h := handedProcess{
		Record: p.present(), Next: p.next, Delay: p.backoff.delay,
		TimedOut: p.timedOut, Killed: p.killed, KillAt: p.killAt, Tail: p.tail.get(),
	}
	if p.runs() && paused {
		h.Program = p.program.hand(b)
	}
	return h
}

// hand returns what is handed over of a program whose output is not read now.
func (g *program) hand(b *bundle) *handedProgram {
	h := &handedProgram{Started: g.started, OOMs: g.ooms, Refused: g.refused, Input: -1}
	if g.input != nil && control(g.input, func(int) error { return nil }) == nil { // not closed
		h.Input = b.add(g.input)
	}
	for i, f := range g.outputs {
		partial, flushed := g.pumps[i].split.Unfinished()
		h.Outputs = append(h.Outputs, handedOutput{File: b.add(f), Partial: partial, Flushed: flushed})
	}
	return h
}

// keep makes the files stay open over exec, or end with this program again.
func (b *bundle) keep(open bool) error {
	for _, f := range b.files {
		b.err = errors.Join(b.err, inherit(f, open))
	}
	return b.err
}

// inherit makes a file stay open over exec, or not.
func inherit(f *os.File, open bool) error {
	flags := unix.FD_CLOEXEC
	if open {
		flags = 0
	}
	return control(f, func(fd int) error {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, flags)
		return err
	})
}
