// Package drain sends the logs of instances on to where their drains lead: syslog servers
// and HTTP endpoints. The logs themselves are the buffer: what the far end has not taken is
// read again later, from the place that was noted when it last took something. So a far end
// that is down slows no site and takes no memory, and what leaves the budget of its log
// before it could be sent is told.
package drain

import (
	"context"
	"crypto/x509"
	"iter"
	"log/slog"
	"time"

	"gondor/app"
)

// Domain is what drains need of the domain.
type Domain interface {
	DrainWorks(ctx context.Context) ([]app.DrainWork, error)
	InstanceLogs(ctx context.Context, instance app.ID[app.Instance]) ([]app.InstanceLog, error)
}

// Changes tells what changes in the store, as app.Store does.
type Changes interface {
	Watch(ctx context.Context, since app.Revision) iter.Seq2[app.Change, error]
	Revision(ctx context.Context) (app.Revision, error)
}

// Options are what drains are made of.
type Options struct {
	Dir    string // where the places are noted, a file for each drain
	Logs   app.Logs
	Roots  *x509.CertPool   // who may vouch for far ends; nil: whom the system trusts
	Now    func() time.Time // nil: the system's clock
	Timing Timing           // what is zero has its default
	Log    *slog.Logger
}

// Timing says how long drains wait.
type Timing struct {
	Linger   time.Duration // for more lines before a batch that is not full is sent; 1 s
	First    time.Duration // before the first retry, doubled each time; 1 s
	Most     time.Duration // the longest pause before a retry that we choose; 60 s
	Patience time.Duration // for an answer, or until a connection takes something; 30 s
	Grace    time.Duration // after its end, for the last words in the log of a one-off; 60 s
}

func (t Timing) withDefaults() Timing {
	for field, usual := range map[*time.Duration]time.Duration{
		&t.Linger: time.Second, &t.First: time.Second, &t.Most: time.Minute, &t.Patience: 30 * time.Second, &t.Grace: time.Minute,
	} {
		if *field == 0 {
			*field = usual
		}
	}
	return t
}

// Drains are all drains of an installation. They implement app.DrainStates.
type Drains struct {
	Options
	running running
}

var _ app.DrainStates = (*Drains)(nil)

// New returns drains that send nothing before Run.
func New(o Options) *Drains {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Timing = o.Timing.withDefaults()
	return &Drains{Options: o, running: running{pumps: map[app.ID[app.Drain]]*pump{}}}
}

// DrainState implements app.DrainStates.
func (d *Drains) DrainState(id app.ID[app.Drain]) app.DrainState {
	if p := d.running.get(id); p != nil {
		return p.state.tell(d.Now())
	}
	return app.DrainState{}
}
