package local

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"

	"gondor/app"
	"gondor/cluster/health"
	"gondor/cluster/local/supervisor"
)

// lookInterval is between two closer looks at a replica that fails.
const lookInterval = time.Second

// checks are the health checks of a replica, one at a time.
type checks struct {
	replica  *replica
	ctx      context.Context
	timer    *time.Timer // of the next check
	results  chan result
	asking   sync.WaitGroup
	life     int // counts the processes: a result for an earlier one is late
	cancel   context.CancelFunc
	began    time.Time
	failures int       // in a row
	looked   time.Time // when a failing replica was looked at more closely
	port     string    // what that found
}

// result is a check's outcome, or what it waits for.
type result struct {
	life  int
	err   error  // nil: healthy
	waits string // not empty: the outcome is yet to come
}

func newChecks(ctx context.Context, r *replica) *checks {
	c := &checks{replica: r, ctx: ctx, timer: time.NewTimer(0), results: make(chan result), cancel: func() {}}
	c.timer.Stop()
	return c
}

// begin starts over, for another process.
func (c *checks) begin() {
	c.cancel()
	c.life++
	c.began, c.looked, c.failures, c.port = time.Now(), time.Now(), 0, ""
	r := c.replica
	switch {
	case r.spec.Kind == app.Worker && r.now.State == app.ReplicaStarting:
		c.timer.Reset(time.Until(r.now.Started.Add(r.workload.engine.options.WorkerAlive)))
	case r.spec.Kind == app.Worker:
		c.timer.Stop()
	case r.now.State == app.ReplicaStarting:
		c.timer.Reset(health.First)
	default: // an adopted one: not all of them at the same moment
		c.timer.Reset(rand.N(r.spec.Config.HealthInterval + 1))
	}
}

// check asks the replica in the background; the answer comes as a result.
func (c *checks) check() {
	ctx, cancel := context.WithCancel(c.ctx)
	c.cancel = cancel
	life, spec, address := c.life, c.replica.spec, c.replica.now.Address
	prober, first := c.replica.workload.engine.prober, c.replica.now.State == app.ReplicaStarting
	c.asking.Go(func() {
		defer cancel()
		var err error
		if spec.Kind == app.Web {
			err = prober.Probe(ctx, health.Of(spec), address)
		}
		if spec.Kind == app.Web && first && err == nil {
			err = prober.WarmUp(ctx, health.Of(spec), address, func(waits string) { c.send(result{life: life, waits: waits}) })
		}
		c.send(result{life: life, err: err})
	})
}

// send hands a result over, unless nobody waits for one any more.
func (c *checks) send(res result) {
	select {
	case c.results <- res:
	case <-c.ctx.Done():
	}
}

// end waits for a check that is under way; ctx has ended.
func (c *checks) end() {
	c.timer.Stop()
	c.asking.Wait()
}

// heed takes a result to heart and sets the time of the next check. It reports whether
// there is something to tell.
func (c *checks) heed(res result) bool {
	r := c.replica
	if res.life != c.life || r.process != supervisor.StateRunning {
		return false
	}
	before := r.now
	switch {
	case res.waits != "":
		r.now.Message = res.waits
	case res.err == nil:
		c.pass()
	default:
		c.miss(res.err)
	}
	return !reflect.DeepEqual(before, r.now)
}

func (c *checks) pass() {
	r := c.replica
	first := r.now.State == app.ReplicaStarting
	r.now.State, r.now.Message, r.now.Output, c.failures = app.ReplicaHealthy, "", nil, 0
	if first {
		r.workload.wasHealthy(r)
	}
	if r.spec.Kind == app.Web {
		c.timer.Reset(health.Jitter(r.spec.Config.HealthInterval))
	}
}

func (c *checks) miss(err error) {
	r := c.replica
	c.failures++
	c.timer.Reset(health.Jitter(c.pace()))
	if r.now.State == app.ReplicaHealthy && c.failures < health.Tolerated {
		return
	}
	if r.now.State == app.ReplicaHealthy {
		r.now.State = app.ReplicaUnhealthy
	}
	c.look(err)
	r.now.Message = c.explain(err)
}

// pace is the time to the next check: a part of the time that the start has taken so far,
// so that it is seen soon after, fast or slow, and as in health when the replica has not
// become healthy in time.
func (c *checks) pace() time.Duration {
	r := c.replica
	taken := time.Since(c.began)
	if r.now.State != app.ReplicaStarting || taken > r.spec.Config.HealthTimeout {
		return r.spec.Config.HealthInterval
	}
	return health.Pace(taken)
}

// look reads what a failing replica wrote and where it listens, now and then.
func (c *checks) look(err error) {
	r := c.replica
	if r.now.State == app.ReplicaStarting && time.Since(c.looked) < lookInterval {
		return
	}
	c.looked = time.Now()
	r.now.Output = r.tail(c.ctx)
	c.port = ""
	if errors.Is(err, health.ErrRefused) {
		c.port = r.listens(c.ctx)
	}
}

// explain says what is wrong and, where that is known, what would be right.
func (c *checks) explain(err error) string {
	switch {
	case !errors.Is(err, health.ErrRefused):
		return err.Error()
	case c.port != "":
		return fmt.Sprintf("%v but on port %s; it must listen on the port that the variable PORT names", err, c.port)
	case c.replica.now.State == app.ReplicaStarting:
		return err.Error() + " yet"
	default:
		return err.Error() + " any more"
	}
}
