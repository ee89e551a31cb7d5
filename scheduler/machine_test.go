package scheduler_test

import (
	"context"
	"sync"

	"gondor/app"
)

// machine runs processes as an engine does: each ID once, whoever asks how often.
type machine struct {
	mu    sync.Mutex
	begun map[app.ProcessID]int // how often it really began
	kept  map[app.ProcessID]*process
	holds bool // processes go on until they are stopped
}

type process struct {
	ended chan struct{}
	once  sync.Once
	code  int
}

func newMachine() *machine {
	return &machine{begun: map[app.ProcessID]int{}, kept: map[app.ProcessID]*process{}}
}

func (p *process) end(code int) {
	p.once.Do(func() {
		p.code = code
		close(p.ended)
	})
}

// Start implements app.Processes.
func (m *machine) Start(_ context.Context, p app.Process) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept[p.ID] != nil {
		return nil
	}
	m.begun[p.ID]++
	m.kept[p.ID] = &process{ended: make(chan struct{})}
	if !m.holds {
		m.kept[p.ID].end(0)
	}
	return nil
}

func (m *machine) find(id app.ProcessID) (*process, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept[id] == nil {
		return nil, app.NotFound("process")
	}
	return m.kept[id], nil
}

// Wait implements app.Processes.
func (m *machine) Wait(ctx context.Context, id app.ProcessID) (app.Exit, error) {
	p, err := m.find(id)
	if err != nil {
		return app.Exit{}, err
	}
	select {
	case <-ctx.Done():
		return app.Exit{}, ctx.Err()
	case <-p.ended:
		return app.Exit{Code: p.code, Message: "ended"}, nil
	}
}

// Stop implements app.Processes.
func (m *machine) Stop(_ context.Context, id app.ProcessID) error {
	if p, err := m.find(id); err == nil {
		p.end(143)
	}
	return nil
}

// Forget implements app.Processes.
func (m *machine) Forget(ctx context.Context, id app.ProcessID) error {
	err := m.Stop(ctx, id)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, id)
	return err
}

// Kept implements app.Processes.
func (m *machine) Kept(context.Context) (ids []app.ProcessID, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.kept {
		ids = append(ids, id)
	}
	return ids, nil
}

// Attach implements app.Processes.
func (m *machine) Attach(context.Context, app.ProcessID, app.Streams) error {
	return app.NotFound("process")
}
