package inside

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"
)

// Options are what process 1 finds in its container. The zero value of a field stands for
// what every container has; tests say otherwise.
type Options struct {
	Spec   Spec
	Stdout io.Writer // the container's output

	Environ            []string      // the image's variables and Kubernetes' own, "KEY=VALUE"; nil: this process's
	Environment        string        // default Environment
	Socket             string        // default Socket
	TerminationMessage string        // default TerminationMessage
	Cgroups            string        // where the container's cgroups are mounted, default /sys/fs/cgroup
	Readiness          string        // where readiness probes are answered, default ReadinessPort on all addresses
	HoldTimeout        time.Duration // how long somebody may take to attach to what is held, default 5 minutes
	RouteDelay         time.Duration // the least time between a web service's SIGTERM and its program's, default 3 s
}

func (o Options) withDefaults() Options {
	o.Environment = cmp.Or(o.Environment, Environment)
	o.Socket = cmp.Or(o.Socket, Socket)
	o.TerminationMessage = cmp.Or(o.TerminationMessage, TerminationMessage)
	o.Cgroups = cmp.Or(o.Cgroups, "/sys/fs/cgroup")
	o.RouteDelay = cmp.Or(o.RouteDelay, 3*time.Second)
	o.HoldTimeout = cmp.Or(o.HoldTimeout, 5*time.Minute)
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	return o
}

// garbagePercent keeps the memory of process 1 small, as it counts within that of the site.
// A limit of all of it would not: what Go itself needs differs, and near to a limit garbage
// is collected all the time.
const garbagePercent = 25

// Run is process 1 of a container: it runs the program of the Spec and returns its exit
// code, which is also left, with a message for people, as the container's termination
// message. SIGTERM, SIGINT and SIGQUIT, or the end of ctx, stop it: a web service that was
// ever ready is drained first. Nothing else in this process may start children, wait for
// them or take signals.
func Run(ctx context.Context, o Options) (int, error) {
	debug.SetGCPercent(garbagePercent)
	o = o.withDefaults()
	l, err := newLife(o)
	if err != nil {
		end := Termination{Code: 1, Message: err.Error()}
		return end.Code, errors.Join(err, end.leave(o.TerminationMessage))
	}
	end := l.live(ctx)
	return end.Code, end.leave(o.TerminationMessage)
}

// mostMessage is how long a termination message may get; Kubernetes takes 4096 bytes.
const mostMessage = 1024

// leave writes the termination message to its file.
func (t Termination) leave(path string) error {
	t.Message = t.Message[:min(len(t.Message), mostMessage)]
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("write the termination message: %w", err)
	}
	// The file is Kubernetes' own, mounted: it can't be replaced by another.
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("write the termination message: %w", err)
	}
	return nil
}
