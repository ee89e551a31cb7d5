package app

import (
	"net/url"
	"strings"
	"time"
)

// Receiver is somebody or something outside that is told of the alerts of a site, or of all
// sites of a resource group.
type Receiver struct {
	ID    ID[Receiver]
	Owner ReceiverOwner
	Kind  ReceiverKind
	// Address is where it is reached: a URL, or an e-mail address. Shown is as much of it as
	// everybody may see.
	Address Sealed
	Shown   string
	Secret  Sealed // of a webhook: signs what it is sent
	Creator ID[User]
	Created time.Time
	// Delivered is when a message last reached it and Tried when one was last sent, zero before;
	// Fault says why that failed, and is empty when it did not.
	Delivered time.Time
	Tried     time.Time
	Fault     string
}

// ReceiverOwner is whose alerts a receiver is told of: exactly one of the two.
type ReceiverOwner struct {
	Site  ID[Site]
	Group ID[ResourceGroup]
}

// ReceiverKind says how a receiver is reached.
type ReceiverKind string

// The kinds of receivers.
const (
	ReceiverWebhook ReceiverKind = "webhook" // JSON, signed as standardwebhooks.com has it
	ReceiverSlack   ReceiverKind = "slack"   // an incoming webhook of Slack, or of what takes the same
	ReceiverEmail   ReceiverKind = "email"
)

// ReceiverByOwner is the index of receivers by the ID of their site or group.
const ReceiverByOwner = "owner"

// MaxReceivers is how many receivers a site or a group has.
const MaxReceivers = 20

// maxAddress is the longest address of a receiver, in bytes.
const maxAddress = 2000

// Key implements Record.
func (r Receiver) Key() string { return string(r.ID) }

// Indexes implements Record.
func (r Receiver) Indexes() []Index { return []Index{{Name: ReceiverByOwner, Value: r.Owner.id()}} }

func (o ReceiverOwner) id() string { return string(o.Site) + string(o.Group) }

// authorize reports whether who may do the action to the owner's receivers.
func (o ReceiverOwner) authorize(r Reader, who Actor, action Action) error {
	switch {
	case o == ReceiverOwner{Site: o.Site} && o.Site != "":
		_, err := siteFor(r, who, action, o.Site)
		return err
	case o == ReceiverOwner{Group: o.Group} && o.Group != "":
		_, err := groupFor(r, who, action, o.Group)
		return err
	}
	return orElse(signedIn(who), Invalid("", "say whose alerts it is told of: those of a site or of a resource group, and only one of them"))
}

// kindOf is what kind of receiver an address is taken for.
func kindOf(address string) ReceiverKind {
	at, err := url.Parse(address)
	switch {
	case err == nil && at.Host == "hooks.slack.com":
		return ReceiverSlack
	case err == nil && at.Host != "":
		return ReceiverWebhook
	}
	return ReceiverEmail
}

// masked is as much of an address as everybody may see: the paths of webhooks are secrets.
func masked(kind ReceiverKind, address string) string {
	if kind == ReceiverEmail {
		return address
	}
	at, err := url.Parse(address)
	if err != nil {
		return string(kind)
	}
	open := at.Scheme + "://" + at.Host
	if strings.Trim(at.Path, "/") != "" || at.RawQuery != "" {
		open += "/…"
	}
	return open
}

// checkReceiver says what would be right of an address that no receiver can have.
func checkReceiver(kind ReceiverKind, address string) error {
	at, err := url.Parse(address)
	isURL := err == nil && (at.Scheme == "https" || at.Scheme == "http") && at.Host != "" && at.Fragment == ""
	switch {
	case address == "":
		return Invalid("address", "is missing; give an e-mail address, or the URL of a webhook")
	case len(address) > maxAddress:
		return Invalid("address", "is %d bytes long; give one of at most %d", len(address), maxAddress)
	case kind == ReceiverEmail:
		return CheckEmail("address", address)
	case kind != ReceiverWebhook && kind != ReceiverSlack:
		return Invalid("kind", "%q is not a kind of receiver; use webhook, slack or email", string(kind))
	case !isURL:
		return Invalid("address", "is not the URL of a webhook; give one such as %q", "https://example.com/hooks/1a2b3c")
	}
	return nil
}
