package inside

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"gondor/app"
	"gondor/cluster/health"
)

// patience is how long nobody need listen yet before people are told.
const patience = 2 * time.Second

// checker finds out whether the program is ready, and tells people why it is not.
type checker struct {
	spec     Spec
	port     int
	ready    *readiness
	notes    *notes
	prober   *health.Prober
	began    time.Time
	failures int    // in a row
	told     string // what people know, empty for nothing
}

func newChecker(s Spec, port int, r *readiness, n *notes) *checker {
	return &checker{spec: s, port: port, ready: r, notes: n, prober: health.NewProber(), began: time.Now()}
}

// run checks until ctx ends; the program is not ready then.
func (c *checker) run(ctx context.Context) {
	defer c.ready.set(false)
	wait := health.First
	if c.spec.Kind == app.Worker {
		wait = c.spec.Health.Alive
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if c.spec.Kind == app.Worker {
			c.ready.set(true) // it lives
			continue
		}
		c.check(ctx)
		timer.Reset(health.Jitter(c.pace()))
	}
}

// check asks the program once and takes its answer to heart.
func (c *checker) check(ctx context.Context) {
	err := c.ask(ctx)
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		c.failures = 0
		c.ready.set(true)
		c.tell(healthPassed)
		return
	}
	c.failures++
	if c.ready.ready.Load() && c.failures < health.Tolerated {
		return
	}
	c.ready.set(false)
	c.tell(c.explain(err))
}

func (c *checker) ask(ctx context.Context) error {
	address, err := c.address()
	if err != nil {
		return err
	}
	h := c.spec.Health
	check := health.Check{Path: h.Path, Statuses: h.Statuses, Host: h.Host, Scheme: h.Scheme, WarmUp: h.WarmUp, Patience: h.Timeout}
	at := net.JoinHostPort(address, strconv.Itoa(c.port))
	if err := c.prober.Probe(ctx, check, at); err != nil || c.ready.ever.Load() {
		return err
	}
	return c.prober.WarmUp(ctx, check, at, c.tell)
}

// address is where routers will reach the program: the pod's own, never its loopback.
func (c *checker) address() (string, error) {
	if c.spec.Health.Address != "" {
		return c.spec.Health.Address, nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return "", fmt.Errorf("can't be asked: find the pod's address: %w", err)
	}
	for _, one := range all {
		if prefix, err := netip.ParsePrefix(one.String()); err == nil && prefix.Addr().IsGlobalUnicast() {
			return prefix.Addr().String(), nil
		}
	}
	return "", errors.New("can't be asked: the pod has no address")
}

// pace is the time to the next check: short while it starts, and as in health when it has
// not become ready in time.
func (c *checker) pace() time.Duration {
	taken := time.Since(c.began)
	if c.ready.ever.Load() || taken > c.spec.Health.Timeout {
		return max(c.spec.Health.Interval, health.First)
	}
	return health.Pace(taken)
}

// tell writes a line at every change. That nobody listens yet is no news at first, nor is
// it that all is well when nothing else was said.
func (c *checker) tell(message string) {
	switch {
	case message == c.told, message == "", message == healthPassed && c.told == "":
	case c.notes.say(healthPrefix + message):
		c.told = message
	}
}

// explain says what is wrong and, where that is known, what would be right; empty when
// it is too early to say.
func (c *checker) explain(err error) string {
	if !errors.Is(err, health.ErrRefused) {
		return err.Error()
	}
	if !c.ready.ever.Load() && time.Since(c.began) < patience {
		return "" // it may be about to
	}
	loopback, other := c.listens()
	switch {
	case loopback != "":
		return fmt.Sprintf("%v but only on that of %s, where nobody else reaches it; it must listen on 0.0.0.0, which is the variable HOST", err, loopback)
	case other != 0:
		return fmt.Sprintf("%v but on port %d; it must listen on the port that the variable PORT names", err, other)
	case c.ready.ever.Load():
		return err.Error() + " any more"
	default:
		return err.Error() + " yet"
	}
}

// listens looks where the pod listens: on which loopback address for the right port, and
// else on which other port.
func (c *checker) listens() (loopback string, other int) {
	own := c.ready.port()
	for s, err := range sockets() {
		if err != nil {
			return "", 0 // less is said
		}
		port := int(s.local.Port())
		switch {
		case s.state != listening || port == own:
		case port != c.port:
			other = port
		case s.local.Addr().IsLoopback():
			return s.local.Addr().String(), 0
		}
	}
	return "", other
}
