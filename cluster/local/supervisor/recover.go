package supervisor

import (
	"context"
	"sync"
	"syscall"
	"time"

	"gondor/app"
)

// endsAtOnce is how many processes are written down at the same time when a supervisor takes
// over: each waits for the disk, and a thousand that do so together wait for each other.
const endsAtOnce = 8

// recoverAll takes over what an earlier supervisor wrote down. Programs that it left
// behind have lost their pipes: they are ended, in the background.
func (r *registry) recoverAll(ctx context.Context, h *host, recovering *sync.WaitGroup) error {
	records, err := loadRecords(h.dir, func(path string, err error) {
		h.log.Error("read what is known of a process", "path", path, "error", err)
	})
	if err != nil {
		return err
	}
	turns := make(chan struct{}, endsAtOnce)
	for _, one := range records {
		p := restore(h, one)
		r.add(p)
		if p.recovering {
			recovering.Go(func() { p.recover(ctx, one, turns) })
		}
	}
	return nil
}

// restore makes a process of its record.
func restore(h *host, one record) *process {
	p := newProcess(h, one.Spec)
	p.state, p.restarts, p.exit = one.State, one.Restarts, one.Exit
	p.stopping, p.removing = one.Stopping, one.Removing
	if p.state == StateHeld && p.stopping {
		p.state = StateExited
		p.exit = neverStarted()
	}
	if p.state == StateExited {
		close(p.done)
	}
	p.recovering = p.state == StateRunning || p.state == StateWaiting || p.removing
	return p
}

// recover ends what is left of the program, and with it, in its turn, the process. Until then
// it can be looked at and stopped.
func (p *process) recover(ctx context.Context, one record, turns chan struct{}) {
	p.endLeftover(ctx, one)
	turns <- struct{}{}
	defer func() { <-turns }()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recovering = false
	switch {
	case p.state == StateExited: // it was being removed
		p.forget()
		p.notify()
	default:
		if p.state == StateRunning {
			p.exit = p.lost()
		}
		p.finish()
		p.notify()
	}
}

// lost says how the program ended that nobody saw end.
func (p *process) lost() app.Exit {
	exit := lost()
	if p.stopping {
		exit.Message = "stopped while the supervisor was killed"
	}
	return exit
}

// endLeftover ends the group of a program that an earlier supervisor started, if there is
// one that certainly is it. It is not our child, so its end can only be looked for.
func (p *process) endLeftover(ctx context.Context, one record) {
	if !alive(one) {
		p.killRest(one.PID)
		return
	}
	p.host.log.Info("end what an earlier supervisor left", "process", p.spec.ID, "pid", one.PID)
	_ = killGroup(one.PID, syscall.SIGTERM) // it just ended
	_ = killGroup(one.PID, syscall.SIGCONT)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	patience := time.NewTimer(p.spec.stopTimeout())
	defer patience.Stop()
	for alive(one) {
		select {
		case <-ctx.Done():
			_ = killGroup(one.PID, syscall.SIGKILL)
			return
		case <-patience.C:
			_ = killGroup(one.PID, syscall.SIGKILL)
		case <-tick.C:
		}
	}
	_ = killGroup(one.PID, syscall.SIGKILL) // what its end left
	p.killRest(one.PID)
}

// alive reports whether the program of a record still runs: the same number, born at the
// same moment.
func alive(one record) bool {
	if one.PID <= 1 || one.Born == "" {
		return false
	}
	born, err := birth(one.PID)
	return err == nil && born == one.Born
}
