package drain

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gondor/app"
)

// pump is one drain at work: its sources read logs, and it sends what they read, one batch
// after the other. Sources wait while a batch is being sent.
type pump struct {
	options Options
	domain  Domain
	work    app.DrainWork
	log     *slog.Logger
	sender  sender
	state   *state
	place   *place

	items   chan item
	look    chan struct{} // the logs may be others now
	sources map[app.LogName]*source
	done    map[app.LogName]bool // logs that have ended and were sent to their end

	stop func() // and wait
}

func (d *Drains) newPump(domain Domain, work app.DrainWork) *pump {
	log := d.Log.With("drain", work.ID, "instance", work.Instance)
	place, err := openPlace(d.Dir, work.Drain)
	if err != nil {
		log.Error("a drain sends again all that was written since it was made", "error", err)
	}
	return &pump{
		options: d.Options, domain: domain, work: work, log: log,
		sender: newSender(work, d.Options), state: newState(place), place: place,
		items: make(chan item), look: make(chan struct{}, 1),
		sources: map[app.LogName]*source{}, done: map[app.LogName]bool{},
	}
}

// start runs the pump until stop is called.
func (p *pump) start(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	p.stop = func() { cancel(); all.Wait() }
	p.wake()
	all.Go(func() { p.run(ctx, &all) })
}

// wake has the pump look for logs.
func (p *pump) wake() {
	select {
	case p.look <- struct{}{}:
	default:
	}
}

func (p *pump) run(ctx context.Context, all *sync.WaitGroup) {
	defer p.sender.close()
	again := time.NewTicker(p.options.Timing.Grace)
	defer again.Stop()
	for {
		b, err := p.gather(ctx, again.C, all)
		if err != nil {
			return
		}
		if p.deliver(ctx, b) != nil {
			return
		}
		p.note(b)
	}
}

// gather waits for lines, and then for more of them until the batch is full or has waited
// for long enough.
func (p *pump) gather(ctx context.Context, again <-chan time.Time, all *sync.WaitGroup) (*batch, error) {
	b := newBatch()
	var enough <-chan time.Time
	for !b.full() {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-p.look:
			p.lookForLogs(ctx, all)
		case <-again:
			p.lookForLogs(ctx, all)
		case one := <-p.items:
			b.add(one)
			if enough == nil {
				enough = time.After(p.options.Timing.Linger)
			}
		case <-enough:
			return b, nil
		}
	}
	return b, nil
}

// deliver sends a batch until the far end has taken it. The error is that of ctx.
func (p *pump) deliver(ctx context.Context, b *batch) error {
	if b.lines == 0 {
		return nil
	}
	p.state.begin(b)
	for attempt := 0; ; attempt++ {
		err := p.sender.send(ctx, b.data)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			break
		}
		pause := p.options.Timing.pause(attempt, err)
		p.fails(err, pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	if since, failed := p.state.taken(b, p.options.Now()); failed {
		p.log.Info("a drain sends again", "target", p.work.Shown, "after", p.options.Now().Sub(since).Round(time.Second))
	}
	return nil
}

// fails keeps for people why a batch was not taken; the log has it once.
func (p *pump) fails(err error, pause time.Duration) {
	if p.state.fails(err.Error(), p.options.Now(), pause) {
		p.log.Warn("a drain can't send", "target", p.work.Shown, "error", err)
	}
}

// note keeps that a batch is over. Where that can't be written, it is sent again by the next
// Gondor.
func (p *pump) note(b *batch) {
	for log, cursor := range b.places {
		p.place.Logs[log] = cursor
	}
	for _, log := range b.ended {
		p.done[log] = true
		delete(p.sources, log)
	}
	p.place.count(p.state)
	if err := p.place.save(); err != nil {
		p.log.Error("note how far a drain has come", "error", err)
	}
}
