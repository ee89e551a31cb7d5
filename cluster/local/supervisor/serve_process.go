package supervisor

import (
	"context"
	"net"
	"slices"
	"syscall"

	"gondor/app"
)

func (s *server) answerStart(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	if q.Spec == nil {
		return reply{}, app.Invalid("spec", "is missing")
	}
	if err := q.Spec.Check(); err != nil {
		return reply{}, err
	}
	p := newProcess(s.host, *q.Spec)
	return reply{}, s.registry.start(p)
}

// start makes a process known and begins it, once.
func (r *registry) start(p *process) error {
	// Whoever finds it from now on waits for its lock until it has begun.
	p.mu.Lock()
	known, err := r.claim(p)
	if err != nil || known != nil {
		p.mu.Unlock()
		return claimed(known, err)
	}
	err = p.begin()
	p.mu.Unlock()
	if err != nil {
		r.removed(p)
	}
	return err
}

// claimed says what starting an ID that there is means.
func claimed(known *process, err error) error {
	if err != nil {
		return err
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.removing {
		return app.Conflict("id", "the process %s is being removed", known.spec.ID)
	}
	return nil
}

func (s *server) answerStop(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	p, err := s.registry.get(q.ID)
	if err != nil {
		return reply{}, err
	}
	p.stop()
	return reply{}, nil
}

func (s *server) answerRemove(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	if p, err := s.registry.get(q.ID); err == nil {
		p.remove()
	}
	return reply{}, nil
}

func (s *server) answerSignal(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	p, err := s.registry.get(q.ID)
	if err != nil {
		return reply{}, err
	}
	if q.Signal <= 0 || q.Signal > 64 {
		return reply{}, app.Invalid("signal", "%d is not a signal", q.Signal)
	}
	return reply{}, p.signal(syscall.Signal(q.Signal))
}

func (s *server) answerResize(_ context.Context, _ *net.UnixConn, q request) (reply, error) {
	p, err := s.registry.get(q.ID)
	if err != nil {
		return reply{}, err
	}
	g, err := p.running()
	if err != nil {
		return reply{}, err
	}
	return reply{}, g.resize(q.Window)
}

func (s *server) answerWait(ctx context.Context, c *net.UnixConn, q request) (reply, error) {
	p, err := s.registry.get(q.ID)
	if err != nil {
		return reply{}, err
	}
	ctx, cancel := untilGone(ctx, c)
	defer cancel()
	select {
	case <-ctx.Done():
		return reply{}, errGone
	case <-p.done:
	}
	exit := p.result()
	return reply{Exit: &exit}, nil
}

// batch is how many statuses go into one reply: their tails can be long.
const batch = 32

func (s *server) answerList(_ context.Context, c *net.UnixConn, _ request) (reply, error) {
	return reply{}, sendStatuses(c, s.registry.list())
}

func sendStatuses(c *net.UnixConn, all []*process) error {
	for some := range slices.Chunk(all, batch) {
		var p reply
		for _, one := range some {
			p.Statuses = append(p.Statuses, one.status())
		}
		if err := writeMessage(c, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) answerWatch(ctx context.Context, c *net.UnixConn, _ request) (reply, error) {
	ctx, cancel := untilGone(ctx, c)
	defer cancel()
	w := s.registry.watch()
	defer s.registry.unwatch(w)
	if err := sendStatuses(c, s.registry.list()); err != nil {
		return reply{}, err
	}
	if err := writeMessage(c, reply{Synced: true}); err != nil {
		return reply{}, err
	}
	for {
		select {
		case <-ctx.Done():
			return reply{}, errLeaving
		case <-w.wake:
		}
		for some := range slices.Chunk(w.take(), batch) {
			if err := writeMessage(c, reply{Statuses: some}); err != nil {
				return reply{}, err
			}
		}
	}
}
