package app

import (
	"context"
	"slices"
	"time"
)

// Alert is something that is wrong in an instance, from when it begins until it ends.
type Alert struct {
	ID       ID[Alert]
	Instance ID[Instance]
	Kind     AlertKind
	On       string // the key of what it is about: a service, a scheduled task, the instance
	Title    string // a sentence: what is wrong
	Text     string // for people: why, with what to do; may have several lines, may be empty
	Began    time.Time
	Ended    time.Time // zero before
	Ending   string    // a sentence: how it ended; empty before
	// Told are the receivers that heard of its beginning, and so hear of its end.
	Told []ID[Receiver]
}

// AlertKind says what is wrong. Of each kind there is one alert at a time about one thing.
type AlertKind string

// The kinds of alerts, and when they end.
const (
	AlertDeploy     AlertKind = "deploy-failed" // a build or a release failed; until a release is active
	AlertWeb        AlertKind = "web-down"      // a web service has no healthy replica; until it has one
	AlertWorker     AlertKind = "worker-down"   // the same of a worker
	AlertTaskFailed AlertKind = "task-failed"   // a task run failed after all retries; until one succeeds
	AlertTaskMissed AlertKind = "task-missed"   // a task did not run when it was due; until a run has ended
)

// Indexes of alerts.
const (
	AlertByInstance = "instance"
	AlertGoing      = "going" // of an instance, those that have not ended
	AlertNow        = "now"   // unique, "KIND/ON", of those that have not ended
)

// keepAlerts is how many of the newest alerts of an instance that have ended are kept.
const keepAlerts = 100

// Key implements Record.
func (a Alert) Key() string { return string(a.ID) }

// InstanceID implements OfInstance.
func (a Alert) InstanceID() ID[Instance] { return a.Instance }

// Indexes implements Record.
func (a Alert) Indexes() []Index {
	return []Index{
		{Name: AlertByInstance, Value: string(a.Instance)},
		{Name: AlertGoing, Value: indexedWhile(a.Ended.IsZero(), a.Instance)},
		{Name: AlertNow, Value: string(indexedWhile(a.Ended.IsZero(), ID[Alert](a.about()))), Unique: true},
	}
}

// about is what there is one alert at a time for.
func (a Alert) about() string { return string(a.Kind) + "/" + a.On }

// AlertFilter says which alerts to list; what is empty does not narrow.
type AlertFilter struct {
	Instance ID[Instance]
	Going    bool // only those that have not ended
}

// Alerts lists the alerts that who may see, newest first.
func (a *App) Alerts(ctx context.Context, who Actor, filter AlertFilter) ([]Alert, error) {
	alerts := []Alert{}
	err := a.read(ctx, func(r Reader) error {
		instances, err := alertInstances(r, who, filter.Instance)
		if err != nil {
			return err
		}
		index := AlertByInstance
		if filter.Going {
			index = AlertGoing
		}
		for _, instance := range instances {
			found, err := gather(r.Alerts().By(index, string(instance)), every[Alert])
			if err != nil {
				return err
			}
			alerts = append(alerts, found...)
		}
		return nil
	})
	slices.SortFunc(alerts, func(x, y Alert) int { return y.Began.Compare(x.Began) })
	return alerts, err
}

func alertInstances(r Reader, who Actor, one ID[Instance]) ([]ID[Instance], error) {
	if one != "" {
		_, _, err := instanceFor(r, who, ActionView, one)
		return []ID[Instance]{one}, err
	}
	seen, err := instancesInSight(r, who)
	ids := make([]ID[Instance], len(seen))
	for i, instance := range seen {
		ids[i] = instance.ID
	}
	return ids, err
}
