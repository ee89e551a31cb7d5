package drain

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"gondor/app"
)

// running are the drains that are at work. It is safe for concurrent use.
type running struct {
	mu    sync.Mutex
	pumps map[app.ID[app.Drain]]*pump
}

func (r *running) get(id app.ID[app.Drain]) *pump {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pumps[id]
}

// all are the drains of an instance, or of all instances when it is empty.
func (r *running) all(of app.ID[app.Instance]) []*pump {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*pump
	for _, p := range r.pumps {
		if of == "" || p.work.Instance == of {
			all = append(all, p)
		}
	}
	return all
}

func (r *running) add(p *pump) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pumps[p.work.ID] = p
}

func (r *running) remove(p *pump) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pumps, p.work.ID)
}

// Run sends what there is to send until ctx ends. Drains that are made and deleted
// meanwhile begin and end at once.
func (d *Drains) Run(ctx context.Context, domain Domain, changes Changes) error {
	defer d.stopAll()
	for {
		since, err := changes.Revision(ctx)
		if err != nil {
			return fmt.Errorf("follow the store: %w", err)
		}
		d.settle(ctx, domain)
		for _, p := range d.running.all("") {
			p.wake()
		}
		if err := d.follow(ctx, domain, changes, since); !errors.Is(err, app.ErrCompacted) {
			return err
		}
	}
}

func (d *Drains) follow(ctx context.Context, domain Domain, changes Changes, since app.Revision) error {
	for change, err := range changes.Watch(ctx, since) {
		if err != nil {
			return fmt.Errorf("follow the store: %w", err)
		}
		switch change.Noun {
		case "log drain", "instance":
			d.settle(ctx, domain)
		case "service", "release", "run", "task run":
			for _, p := range d.running.all(change.Instance) {
				p.wake()
			}
		}
	}
	return ctx.Err()
}

// settle has exactly those drains running that there should be. What can't be read now is
// looked at with the next change: a site must not end for a drain.
func (d *Drains) settle(ctx context.Context, domain Domain) {
	works, err := domain.DrainWorks(ctx)
	if err != nil {
		if ctx.Err() == nil {
			d.Log.Error("look for drains", "error", err)
		}
		return
	}
	wanted := map[app.ID[app.Drain]]bool{}
	for _, work := range works {
		wanted[work.ID] = true
		if d.running.get(work.ID) == nil {
			p := d.newPump(domain, work)
			d.running.add(p)
			p.start(ctx)
		}
	}
	for _, p := range d.running.all("") {
		if !wanted[p.work.ID] {
			p.stop()
			d.running.remove(p)
		}
	}
	if err := forgetOthers(d.Dir, wanted); err != nil {
		d.Log.Error("forget the places of deleted drains", "error", err)
	}
}

func (d *Drains) stopAll() {
	for _, p := range d.running.all("") {
		p.stop()
		d.running.remove(p)
	}
}
