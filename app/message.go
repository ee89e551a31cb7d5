package app

import (
	"context"
	"fmt"
	"time"
)

// Message is what the receivers of an alert are told: that it began, or that it ended.
type Message struct {
	ID       string // the same at every attempt to deliver it, and of no other message
	Status   MessageStatus
	Alert    string // the alert's ID; empty for a test
	Kind     AlertKind
	Site     string // "GROUP/SITE"
	Instance string // its label
	Title    string // a sentence
	Text     string // may have several lines, may be empty
	Began    time.Time
	Ended    time.Time // zero unless the status is resolved
	URL      string    // where the dashboard shows more
}

// MessageStatus says what a message is about, in the words of Prometheus' Alertmanager.
type MessageStatus string

// The statuses of messages.
const (
	MessageFiring   MessageStatus = "firing"   // an alert has begun
	MessageResolved MessageStatus = "resolved" // it has ended
	MessageTest     MessageStatus = "test"     // somebody tries a receiver
)

// Subject is the message in one line: "shop/primary: web is down".
func (m Message) Subject() string {
	subject := m.Title
	if m.Instance != "" {
		subject = fmt.Sprintf("%s %s: %s", m.Site, m.Instance, m.Title)
	}
	if m.Status == MessageResolved {
		return "Resolved: " + subject
	}
	return subject
}

// Address is where a receiver is reached.
type Address struct {
	Kind   ReceiverKind
	To     string // a URL, or an e-mail address
	Secret string // by which a webhook knows that a message is ours; empty for the others
}

// Notifier brings messages to people outside. It is safe for concurrent use.
type Notifier interface {
	// Notify delivers a message, within the time of ctx. Its errors are sentences for people
	// that hold no secret. What is delivered again has the same ID.
	Notify(ctx context.Context, to Address, m Message) error
	// Check refuses an address that can't be right, or that needs what the operator has not set
	// up: CodeInvalid about "address".
	Check(to Address) error
}
