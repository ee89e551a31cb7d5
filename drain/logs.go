package drain

import (
	"context"
	"sync"
	"time"

	"gondor/app"
)

// lookForLogs lists the logs of the instance and has a source for each that can still tell
// something new.
func (p *pump) lookForLogs(ctx context.Context, all *sync.WaitGroup) {
	logs, err := p.domain.InstanceLogs(ctx, p.work.Instance)
	if err != nil {
		if ctx.Err() == nil {
			p.log.Error("look for the logs of a drain", "error", err)
		}
		return
	}
	listed := map[app.LogName]bool{}
	for _, log := range logs {
		listed[log.Name] = true
		p.heed(ctx, all, log)
	}
	for name, source := range p.sources {
		if !listed[name] {
			source.finish() // its records are gone; what can still be read is sent
		}
	}
	p.forget(logs, listed)
}

// heed begins to read a log that is new, and ends following one that has ended a while ago.
func (p *pump) heed(ctx context.Context, all *sync.WaitGroup, log app.InstanceLog) {
	at, known := p.place.Logs[log.Name]
	if p.done[log.Name] || !known && p.place.isSettled(log) {
		return
	}
	s := p.sources[log.Name]
	if s == nil {
		s = newSource(p, log, at, known)
		p.sources[log.Name] = s
		all.Go(func() { s.run(ctx) })
	}
	if log.Ended.IsZero() {
		return
	}
	s.ended.Store(true)
	if p.options.Now().Sub(log.Ended) > p.options.Timing.Grace {
		s.finish()
	}
}

// forget drops what need not be known any more: the places in logs that are gone, and in
// those that ended before a moment up to which all that ended was sent.
func (p *pump) forget(logs []app.InstanceLog, listed map[app.LogName]bool) {
	p.place.Settled = p.settledBy(logs)
	for _, log := range logs {
		if p.done[log.Name] && p.place.isSettled(log) {
			delete(p.place.Logs, log.Name)
			delete(p.done, log.Name)
		}
	}
	for name := range p.place.Logs {
		if !listed[name] && p.sources[name] == nil {
			delete(p.place.Logs, name)
			delete(p.done, name)
		}
	}
}

// settledBy is a moment such that all logs that ended before it were sent to their end.
func (p *pump) settledBy(logs []app.InstanceLog) time.Time {
	by := p.options.Now().Add(-p.options.Timing.Grace)
	for _, log := range logs {
		if !log.Ended.IsZero() && !p.done[log.Name] && !p.place.isSettled(log) && log.Ended.Before(by) {
			by = log.Ended
		}
	}
	if by.Before(p.place.Settled) {
		return p.place.Settled
	}
	return by
}
