package runner

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"gondor/app"
)

// Lifetime is how long an endpoint waits for somebody to join it.
const Lifetime = time.Minute

// Runner publishes sessions and serves the WebSockets that join them. It implements
// app.Endpoints and http.Handler, and is safe for concurrent use.
type Runner struct {
	log      *slog.Logger
	lifetime time.Duration
	absence  time.Duration

	mu        sync.Mutex
	endpoints map[string]*endpoint // by path
	closed    bool

	leave  context.CancelFunc // ends all sessions
	alive  context.Context
	joined sync.WaitGroup
}

// endpoint is a published session. It goes from waiting to joined to gone, and out of
// the map when its time is over or its session has ended.
type endpoint struct {
	session  app.Session
	joined   bool
	terminal *terminal // of a client that can come back
	expiry   *time.Timer
}

// New returns a Runner without endpoints.
func New(log *slog.Logger) *Runner {
	r := &Runner{log: log, lifetime: Lifetime, absence: Absence, endpoints: map[string]*endpoint{}}
	r.alive, r.leave = context.WithCancel(context.Background())
	return r
}

// Publish implements app.Endpoints: the path is 26 characters out of A-Z and 2-7, 130
// random bits, without slashes. It is never logged here.
func (r *Runner) Publish(s app.Session) (path string) {
	path = rand.Text()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return path // nobody will be served any more, so nothing is kept
	}
	r.endpoints[path] = &endpoint{session: s, expiry: time.AfterFunc(r.lifetime, func() { r.expire(path) })}
	return path
}

// Run serves until ctx ends; then it refuses who wants to join, ends the sessions that
// are joined, and returns when all have ended.
func (r *Runner) Run(ctx context.Context) error {
	<-ctx.Done()
	r.close()
	r.leave()
	r.joined.Wait()
	return nil
}

func (r *Runner) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for path, e := range r.endpoints {
		e.expiry.Stop()
		if !e.joined {
			delete(r.endpoints, path)
		}
	}
}

// expire forgets an endpoint that nobody has joined.
func (r *Runner) expire(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.endpoints[path]; ok && !e.joined {
		delete(r.endpoints, path)
	}
}

// look returns nil while the endpoint can be joined: CodeNotFound when there is none,
// CodeConflict when it has been joined.
func (r *Runner) look(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.find(path)
	return err
}

// claim takes the endpoint for one attach. The caller calls release when that is over.
func (r *Runner) claim(path string) (app.Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, err := r.find(path)
	if err != nil {
		return nil, err
	}
	e.joined = true
	e.expiry.Stop()
	r.joined.Add(1)
	return e.session, nil
}

// keep makes a joined endpoint one that its client can come back to.
func (r *Runner) keep(path string, t *terminal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endpoints[path].terminal = t
}

// returning finds the terminal of a client that comes back: CodeNotFound when that is over,
// CodeForbidden when the secret is not the one that its first attach was given.
func (r *Runner) returning(path, secret string) (*terminal, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.endpoints[path]
	switch {
	case !ok || r.closed || e.terminal == nil:
		return nil, app.NotFound("terminal to come back to; it waits for one minute")
	case !e.terminal.knows(secret):
		return nil, app.Fault(app.CodeForbidden, "this is not the secret of the terminal")
	}
	return e.terminal, nil
}

// find looks an endpoint up; the lock is held.
func (r *Runner) find(path string) (*endpoint, error) {
	e, ok := r.endpoints[path]
	switch {
	case !ok || r.closed:
		return nil, app.NotFound("endpoint; it is good for one minute")
	case e.joined:
		return nil, app.Conflict("", "somebody has joined this endpoint already; ask for another")
	}
	return e, nil
}

// release forgets an endpoint whose attach is over.
func (r *Runner) release(path string) {
	r.mu.Lock()
	delete(r.endpoints, path)
	r.mu.Unlock()
	r.joined.Done()
}
