package app

import (
	"context"
	"slices"
	"time"
)

// Event is something that happened in an instance, as its feed tells it.
type Event struct {
	ID       ID[Event]
	Instance ID[Instance]
	At       time.Time
	Kind     EventKind
	Warning  bool     // somebody should look at it
	By       ID[User] // who did it; empty: Gondor, or a schedule
	Text     string   // a sentence that does not name who did it
	// About is what it happened to, and what the feed leads to: the key of the Kind's noun.
	// Empty, or of a record that is gone, when there is nothing to lead to.
	About string
}

// EventKind is the noun of what an event happened to.
type EventKind string

// The kinds of events.
const (
	EventBuild   EventKind = "build"
	EventRelease EventKind = "release"
	EventService EventKind = "service"
	EventHost    EventKind = "host"
	EventTask    EventKind = "scheduled task"
	EventTaskRun EventKind = "task run"
	EventRun     EventKind = "run"
	EventDrain   EventKind = "log drain"
)

// EventByInstance is the index of events by their instance.
const EventByInstance = "instance"

// keepEvents is how many of the newest events of an instance are kept.
const keepEvents = 200

// Key implements Record.
func (e Event) Key() string { return string(e.ID) }

// InstanceID implements OfInstance.
func (e Event) InstanceID() ID[Instance] { return e.Instance }

// Indexes implements Record.
func (e Event) Indexes() []Index { return []Index{{Name: EventByInstance, Value: string(e.Instance)}} }

// Feed lists the newest events of an instance, newest first, at most limit; 0 is all that are
// kept.
func (a *App) Feed(ctx context.Context, who Actor, instance ID[Instance], limit int) ([]Event, error) {
	var events []Event
	err := a.read(ctx, func(r Reader) (err error) {
		if _, _, err := instanceFor(r, who, ActionView, instance); err != nil {
			return err
		}
		events, err = gather(r.Events().By(EventByInstance, string(instance)), every[Event])
		return err
	})
	slices.Reverse(events) // their IDs are in the order in which they were made
	if limit > 0 {
		events = events[:min(limit, len(events))]
	}
	return events, err
}

// happened puts an event into the feed of its instance, in the transaction in which it
// happens, and lets go of what is too old. An instance that is gone has none.
func (a *App) happened(tx Tx, e Event) error {
	if _, err := tx.Instances().Get(e.Instance); err != nil {
		if IsNotFound(err) {
			return nil
		}
		return err
	}
	e.ID, e.At = NewID[Event](a.now()), a.now()
	if err := tx.Events().Put(e); err != nil {
		return err
	}
	_, err := prune(tx.Events(), EventByInstance, string(e.Instance), keepEvents, every[Event])
	return err
}
