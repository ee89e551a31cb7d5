package app

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// DrainWork is a drain with what has to be known to send its lines.
type DrainWork struct {
	Drain
	URL   *url.URL
	Site  string // GROUP/NAME
	Label string // of the instance
	Host  string // the domain of the instance
}

// DrainWorks lists the drains of all instances that are not deleted.
func (a *App) DrainWorks(ctx context.Context) ([]DrainWork, error) {
	var works []DrainWork
	err := a.read(ctx, func(r Reader) error {
		for drain, err := range r.Drains().Each() {
			if err != nil {
				return err
			}
			work, err := a.drainWork(r, drain)
			switch {
			case IsNotFound(err): // its instance is being deleted
				continue
			case err != nil:
				return err
			}
			works = append(works, work)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the drains: %w", err)
	}
	return works, nil
}

func (a *App) drainWork(r Reader, drain Drain) (DrainWork, error) {
	instance, err := aliveInstance(r, drain.Instance)
	if err != nil {
		return DrainWork{}, err
	}
	site, err := fullName(r, instance.Site)
	if err != nil {
		return DrainWork{}, err
	}
	target, err := a.Vault.Open(drain.Target)
	if err != nil {
		return DrainWork{}, err
	}
	at, err := ParseDrainTarget(target)
	return DrainWork{Drain: drain, URL: at, Site: site, Label: instance.Label, Host: instance.Domain}, err
}

// InstanceLog is one log of an instance, with what its lines are about.
type InstanceLog struct {
	Name    LogName
	Kind    string    // "service", "release", "run", "task-run" or "access"
	Service string    // the service or the scheduled task that writes it; empty for others
	Release int       // of a one-off and of a release itself: its number; 0: not known, or its lines tell
	Ended   time.Time // when what writes it ended, but for Gondor's last words; zero: it goes on
}

// InstanceLogs lists the logs of an instance: those of its services, releases, runs and task
// runs, and its access log. Those that nobody has written to are among them.
func (a *App) InstanceLogs(ctx context.Context, instance ID[Instance]) ([]InstanceLog, error) {
	var logs []InstanceLog
	err := a.read(ctx, func(r Reader) (err error) {
		logs, err = instanceLogs(r, instance)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the logs of instance %s: %w", instance, err)
	}
	return logs, nil
}
