//go:build killpoints

package cli

import (
	"time"

	"gondor/app"
	"gondor/cli/killpoint"
	"gondor/cluster/local"
	"gondor/cluster/local/supervisor"
)

// ports are those of a Gondor that a test can kill at each use of them.
func ports(p app.Ports) app.Ports { return killpoint.Open(killpoint.Serve).Ports(p) }

// supervised are the options of a supervisor that a test can kill at each of its steps.
func supervised(o supervisor.Options) supervisor.Options {
	o.Passing = killpoint.Open(killpoint.Supervisor).Pass
	return o
}

// placed has workers count as healthy soon: a walk through all points is long.
func placed(o local.Options) local.Options {
	o.WorkerAlive = 100 * time.Millisecond
	return o
}
