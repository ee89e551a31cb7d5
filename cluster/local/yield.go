package local

import (
	"context"
	"time"
)

const (
	// yieldInterval is how long a step is watched until it counts as starved.
	yieldInterval = time.Second
	// starvedCPU is less than what the share of builds gives a step in that time.
	starvedCPU = yieldInterval / 20
)

// yield lets sites and Gondor itself have the CPU whenever they want it, and builds what is
// left, as long as the step gets something. While sites leave it nothing, builds have their
// share every other interval: what mends a site that takes all the CPU must be built too.
// It returns when ctx ends.
func (b *construction) yield(ctx context.Context, group string) {
	c := b.engine.cgroups
	tell := func(all bool) {
		if err := c.yield(all); err != nil {
			b.engine.options.Logger.Error("can't say how much CPU builds have", "error", err)
		}
	}
	defer tell(true)
	tick := time.NewTicker(yieldInterval)
	defer tick.Stop()
	for before, _ := c.cpuTime(group); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, seen := c.cpuTime(group)
		tell(!seen || now-before > starvedCPU)
		before = now
	}
}
