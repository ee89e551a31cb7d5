package supervisor

import (
	"slices"
	"strings"
	"sync"

	"gondor/app"
)

// registry knows all processes and who watches them. It is safe for concurrent use. A
// process may call it while it holds its own lock, never the other way round.
type registry struct {
	mu       sync.Mutex
	all      map[string]*process
	watchers map[*watcher]struct{}
	leaving  bool // nothing is started any more
}

func newRegistry() *registry {
	return &registry{all: map[string]*process{}, watchers: map[*watcher]struct{}{}}
}

// claim adds a process unless there is one of its ID, which is returned then. It is
// refused when the supervisor leaves.
func (r *registry) claim(p *process) (*process, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.leaving {
		return nil, errLeaving
	}
	if known := r.all[p.spec.ID]; known != nil {
		return known, nil
	}
	r.all[p.spec.ID] = p
	return nil, nil
}

// errLeaving says that nothing can be started any more.
var errLeaving = app.Fault(app.CodeUnavailable, "the supervisor is shutting down")

// leave ends all processes at the same time and returns when they have ended.
func (r *registry) leave() {
	r.mu.Lock()
	r.leaving = true
	r.mu.Unlock()
	var ends sync.WaitGroup
	for _, p := range r.list() {
		ends.Go(p.leave)
	}
	ends.Wait()
	for _, p := range r.list() {
		p.awaitEnd()
	}
}

func (r *registry) add(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[p.spec.ID] = p
}

// removed forgets a process.
func (r *registry) removed(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all[p.spec.ID] == p {
		delete(r.all, p.spec.ID)
	}
}

// get finds a process, or returns an error of CodeNotFound.
func (r *registry) get(id string) (*process, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.all[id]; p != nil {
		return p, nil
	}
	return nil, app.NotFound("process")
}

// list returns all processes by their ID.
func (r *registry) list() []*process {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*process, 0, len(r.all))
	for _, p := range r.all {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *process) int { return strings.Compare(a.spec.ID, b.spec.ID) })
	return all
}

// changed tells the watchers of a new state.
func (r *registry) changed(_ *process, s Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for w := range r.watchers {
		w.tell(s)
	}
}

// watch returns a watcher that is told of every change from now on.
func (r *registry) watch() *watcher {
	w := &watcher{news: map[string]Status{}, wake: make(chan struct{}, 1)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers[w] = struct{}{}
	return w
}

func (r *registry) unwatch(w *watcher) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.watchers, w)
}

// watcher keeps the newest state of each process that changed since it was last asked,
// so that one that is slow costs no more than all processes are.
type watcher struct {
	mu    sync.Mutex
	news  map[string]Status
	order []string
	wake  chan struct{}
}

func (w *watcher) tell(s Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.news[s.ID]; !known {
		w.order = append(w.order, s.ID)
	}
	w.news[s.ID] = s
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns the news, those that changed first first.
func (w *watcher) take() []Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]Status, len(w.order))
	for i, id := range w.order {
		all[i] = w.news[id]
	}
	w.order = nil
	clear(w.news)
	return all
}
