package app

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// crashLimit is how often a replica that was never healthy may end before it is given
// up, however much time is left.
const crashLimit = 3

// hopeless says why a target will not become healthy: its processes end again and
// again, or its time is up. "" while there is hope.
func (a *App) hopeless(p picture, t target, since time.Time) string {
	if a.healthy(t) {
		return ""
	}
	replicas, _ := a.state.replicas(t.ref)
	for _, replica := range replicas {
		if replica.State == ReplicaCrashed && replica.Restarts >= crashLimit {
			return a.explain(p, t, fmt.Sprintf("%s ended %d times before it was healthy: %s.", t.service.Name, replica.Restarts, replica.Message), replica)
		}
	}
	limit := patience(p.config(t))
	if a.now().Sub(since) < limit {
		return ""
	}
	i := slices.IndexFunc(replicas, func(r Replica) bool { return r.State != ReplicaHealthy })
	if i < 0 {
		return a.explain(p, t, fmt.Sprintf("%s did not start within %s.", t.service.Name, limit), Replica{})
	}
	return a.explain(p, t, fmt.Sprintf("%s did not become healthy within %s%s.", t.service.Name, limit, condition(t, replicas[i])), replicas[i])
}

// condition says how a replica is whose time is up. One that ended meanwhile may have been
// started again just now, and what it lacks so far says less than how it ended.
func condition(t target, r Replica) string {
	if r.Restarts > 0 {
		return fmt.Sprintf("; %s ended %s: %s", t.service.Name, times(r.Restarts), r.LastExit)
	}
	return ": " + r.Message
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// patience is how long a service may take; one that stops first waits for what it
// replaces.
func patience(c ServiceConfig) time.Duration {
	if c.Strategy == StopFirst {
		return c.HealthTimeout + c.StopTimeout + c.DrainTimeout
	}
	return c.HealthTimeout
}

// explain tells people the cause, the last output, what serves now and what to do next.
func (a *App) explain(p picture, t target, cause string, replica Replica) string {
	parts := []string{cause}
	if len(replica.Output) > 0 {
		parts = append(parts, "Its last output:\n"+indent(replica.Output))
	}
	return strings.Join(append(parts, p.aftermath([]Service{t.service})), "\n")
}

func indent(lines []string) string { return "    " + strings.Join(lines, "\n    ") }

// aftermath says what the services run after a failure, and what to do.
func (p picture) aftermath(services []Service) string {
	for _, service := range services {
		if runs, known := p.releases[service.Release]; known {
			return fmt.Sprintf("v%d serves on. Mend it and deploy again.", runs.Number)
		}
	}
	return "Nothing ran before, so nothing serves. Mend it and deploy again."
}
