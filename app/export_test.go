package app

import (
	"context"
	"net/url"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// SetClock lets tests say what time it is.
func (a *App) SetClock(now func() time.Time) { a.now = now }

// SweepTokens lets tests sweep without a reconciler.
func (a *App) SweepTokens(ctx context.Context) error { return a.sweepTokens(ctx) }

// AddUser makes a user who can't sign in, without the work of a password.
func (a *App) AddUser(ctx context.Context, name string, admin bool) (User, error) {
	user := User{ID: NewID[User](a.now()), Name: name, Password: []byte(nobodysPassword), Admin: admin, Created: a.now()}
	return user, a.update(ctx, func(tx Tx) error { return a.addUser(tx, user) })
}

// SetCheapPasswords makes the hashes of new passwords cheap, for tests that sign in often.
func (a *App) SetCheapPasswords() { a.cost = bcrypt.MinCost }

// SetDearPasswords makes them as dear as they are outside of tests.
func (a *App) SetDearPasswords() { a.cost = passwordCost }

// Move gives the installation another address.
func (a *App) Move(address string) error {
	at, err := url.Parse(address)
	a.config.URL = at
	return err
}

// Enqueue puts a build in the queue without its source.
func (a *App) Enqueue(ctx context.Context, id ID[Build]) error {
	return a.update(ctx, func(tx Tx) error {
		build, err := tx.Builds().Get(id)
		if err != nil {
			return err
		}
		build.State, build.Queued = BuildQueued, a.now()
		return tx.Builds().Put(build)
	})
}

// Claim takes the next build out of the queue as a build loop does; the context ends
// when the build is cancelled.
func (a *App) Claim(ctx context.Context) (Build, context.Context, error) { return a.claim(ctx) }

// Take remembers what an engine tells.
func Take(a *App, told Observation) { a.state.take(told) }

// PromiseRoom promises room for a source and an artifact of so many bytes.
func PromiseRoom(ctx context.Context, a *App, source, artifact int64, waiting func()) (release func(), err error) {
	return a.promiseRoom(ctx, need{source, artifact}, waiting)
}

// AddToRoom counts so many bytes as kept.
func AddToRoom(a *App, bytes int64) { a.room.add(bytes) }

// LookAtRelease looks at an instance with a release that is preparing, and returns what
// goes on from there, now or later.
func LookAtRelease(ctx context.Context, a *App, instance ID[Instance]) (prepare func() error, err error) {
	p, err := a.picture(ctx, instance)
	return func() error { return a.prepare(ctx, p) }, err
}

// CarryOnRun goes on with a run as it was when it was read.
func CarryOnRun(ctx context.Context, a *App, run TaskRun) error { return a.carryOn(ctx, run) }

// Waited reports whether nobody waits for a release process or a task run.
func Waited(a *App) bool {
	a.phases.mu.Lock()
	defer a.phases.mu.Unlock()
	a.taskRuns.mu.Lock()
	defer a.taskRuns.mu.Unlock()
	return len(a.phases.waiting)+len(a.taskRuns.waiting) == 0
}

// JudgeRun stores how an attempt of a task run ended, without its process and its log.
func JudgeRun(ctx context.Context, a *App, run TaskRun, exit Exit) error {
	_, _, err := a.storeRunEnd(ctx, run, exit)
	return err
}

// DeliverAll delivers what waits for receivers, until all of it is put off or gone.
func DeliverAll(ctx context.Context, a *App) error {
	for {
		due, err := a.dueDelivery(ctx)
		if err != nil || due == "" {
			return err
		}
		if err := a.deliverNext(ctx, due); err != nil {
			return err
		}
	}
}

// dueDelivery is a receiver whose next message can be sent now.
func (a *App) dueDelivery(ctx context.Context) (due ID[Receiver], err error) {
	first := map[ID[Receiver]]bool{}
	err = a.read(ctx, func(r Reader) error {
		for delivery, err := range r.Deliveries().Each() {
			if err != nil {
				return err
			}
			if !first[delivery.Receiver] && !delivery.NotBefore.After(a.now()) {
				due = delivery.Receiver
			}
			first[delivery.Receiver] = true
		}
		return nil
	})
	return due, err
}

// WatchServices looks at the services of an instance as the reconciler does.
func WatchServices(ctx context.Context, a *App, instance ID[Instance]) error {
	p, err := a.picture(ctx, instance)
	if err != nil {
		return err
	}
	return a.watchServices(ctx, p)
}
