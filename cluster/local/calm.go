package local

import (
	"time"

	"gondor/app"
)

const (
	// calmInterval is how long a worker has to use little CPU until its start counts as over.
	calmInterval = 200 * time.Millisecond
	// calmCPU is how much that is. A program that reads itself from a slow disk uses more.
	calmCPU = calmInterval / 10
	// unseenTurn is how long a worker has its turn where its CPU time can't be seen.
	unseenTurn = 2 * time.Second
)

// calm ends the turn of a worker, which answers no health check, once it has done what it
// does to start. It belongs to the replica's keep.
type calm struct {
	replica *replica
	timer   *time.Timer
	used    time.Duration // of CPU, when the interval began
}

func newCalm(r *replica) *calm {
	c := &calm{replica: r, timer: time.NewTimer(0)}
	c.timer.Stop()
	return c
}

// begin looks at another process from now on, if others wait for its start.
func (c *calm) begin() {
	c.timer.Stop()
	if c.replica.turn == nil || c.replica.spec.Kind == app.Web {
		return
	}
	var seen bool
	if c.used, seen = c.replica.cpuTime(); seen {
		c.timer.Reset(calmInterval)
	} else {
		c.timer.Reset(unseenTurn)
	}
}

// look ends the turn, or the interval.
func (c *calm) look() {
	used, seen := c.replica.cpuTime()
	if seen && used-c.used > calmCPU {
		c.used = used
		c.timer.Reset(calmInterval)
		return
	}
	c.replica.endTurn()
}

// cpuTime returns what the replica's processes have used since its group was made, and
// whether that can be seen here.
func (r *replica) cpuTime() (time.Duration, bool) {
	return r.workload.engine.cgroups.cpuTime(sites.group(r.id))
}
