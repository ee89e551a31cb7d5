// Package notify brings messages to people outside: it posts them to webhooks, to Slack and
// what takes the same, and mails them. It also tells a watchdog elsewhere, once a minute, that
// Gondor is at work, so that its silence is noticed.
package notify

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"gondor/app"
)

// Options are what a Notifier needs.
type Options struct {
	Mail *Mail // nil: no mail is sent
}

// Notifier is app.Notifier. It is safe for concurrent use.
type Notifier struct {
	mail *Mail
	http *http.Client
}

var _ app.Notifier = (*Notifier)(nil)

// New returns a Notifier.
func New(o Options) *Notifier { return &Notifier{mail: o.Mail, http: newClient()} }

// dialTime is how long a connection may take to come about.
const dialTime = 5 * time.Second

// newClient follows no redirects: what is signed is for the address that was given.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: dialTime, Control: checkAddress}).DialContext,
			TLSHandshakeTimeout: dialTime,
			MaxIdleConns:        8,
			IdleConnTimeout:     time.Minute,
			ForceAttemptHTTP2:   true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checkAddress refuses what people can't have chosen for their messages.
func checkAddress(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return app.CheckFarAddress(at.Addr())
}

// Notify implements app.Notifier.
func (n *Notifier) Notify(ctx context.Context, to app.Address, m app.Message) error {
	switch to.Kind {
	case app.ReceiverWebhook:
		return n.postWebhook(ctx, to, m)
	case app.ReceiverSlack:
		return n.postSlack(ctx, to, m)
	case app.ReceiverEmail:
		return n.sendMail(ctx, to, m)
	}
	return fmt.Errorf("there is no way to reach a receiver of the kind %q", to.Kind)
}

// Check implements app.Notifier.
func (n *Notifier) Check(to app.Address) error {
	if to.Kind == app.ReceiverEmail && n.mail == nil {
		return app.Invalid("address", "this Gondor sends no mail: its operator has set no GONDOR_SMTP_URL; use the URL of a webhook")
	}
	return nil
}
