package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) alertsReceivers() *cobra.Command {
	return &cobra.Command{
		Use: "receivers", Short: "List who is told of alerts of the site", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error {
			receivers, err := p.receivers(c.Context())
			if err != nil {
				return err
			}
			return list(p, receivers,
				column[api.Receiver]{"RECEIVER", func(r api.Receiver) string { return idOf(r.URL) }},
				column[api.Receiver]{"KIND", func(r api.Receiver) string { return string(r.Kind) }},
				column[api.Receiver]{"ADDRESS", func(r api.Receiver) string { return r.Address }},
				column[api.Receiver]{"OF", ownerOf},
				column[api.Receiver]{"LAST", lastMessage},
			)
		},
	}
}

func ownerOf(r api.Receiver) string {
	if r.Site == nil {
		return "resource group"
	}
	return "site"
}

// lastMessage says what became of the last message to a receiver.
func lastMessage(r api.Receiver) string {
	switch {
	case r.Tried == nil:
		return ""
	case r.Fault != "":
		return "failed " + moment(*r.Tried) + ": " + r.Fault
	}
	return "arrived " + moment(*r.Tried)
}

// receivers are those of the site, and those of its group for who may see them.
func (p *Program) receivers(ctx context.Context) ([]api.Receiver, error) {
	site, err := p.findSite(ctx)
	if err != nil {
		return nil, err
	}
	ofSite, err := p.server.SiteReceivers(ctx, site.URL)
	if err != nil {
		return nil, err
	}
	ofGroup, err := p.server.GroupReceivers(ctx, site.ResourceGroup)
	if app.IsNotFound(err) {
		err = nil // a user of the site alone
	}
	return append(ofSite, ofGroup...), err
}

func (p *Program) alertsAdd() *cobra.Command {
	var kind string
	var group bool
	c := &cobra.Command{
		Use: "add ADDRESS", Short: "Tell somebody of alerts: an e-mail address, or the URL of a webhook", Args: takes("ADDRESS"),
		Long: "Tell somebody of alerts of the site, of when they begin and of when they end: an e-mail address, the URL of\n" +
			"an incoming webhook of Slack (or of what takes the same, with --kind slack), or any other URL, which gets JSON\n" +
			"that is signed as standardwebhooks.com has it, with a secret that is shown once.",
		RunE: func(c *cobra.Command, args []string) error {
			site, err := p.findSite(c.Context())
			if err != nil {
				return err
			}
			n := api.NewReceiver{Site: site.URL, Kind: app.ReceiverKind(kind), Address: args[0]}
			if group {
				n.Site, n.ResourceGroup = "", site.ResourceGroup
			}
			made, err := p.server.CreateReceiver(c.Context(), n)
			if err != nil {
				return err
			}
			return p.tellReceiver(made)
		},
	}
	c.Flags().StringVar(&kind, "kind", "", "webhook, slack or email (default: by its address)")
	c.Flags().BoolVar(&group, "group", false, "of all sites of the site's resource group")
	return c
}

func (p *Program) tellReceiver(r api.Receiver) error {
	if r.Secret == "" {
		return p.made(r, "%s is told of alerts from now on. Try it: gondor alerts test %s", r.Address, idOf(r.URL))
	}
	return p.made(r, "%s is told of alerts from now on. Try it: gondor alerts test %s\nWhat it gets is signed with this secret, which is not shown again: %s",
		r.Address, idOf(r.URL), r.Secret)
}

func (p *Program) alertsTest() *cobra.Command {
	return &cobra.Command{
		Use: "test RECEIVER", Short: "Send a message to a receiver, and see whether it arrives", Args: takes("RECEIVER"),
		ValidArgsFunction: p.completeOne(p.receiverNames),
		RunE: func(c *cobra.Command, args []string) error {
			receiver, err := p.findReceiver(c.Context(), args[0])
			if err != nil {
				return err
			}
			return p.testReceiver(c.Context(), receiver)
		},
	}
}

// How often and how long a test looks whether its message has arrived.
const (
	testLook     = 200 * time.Millisecond
	testPatience = 30 * time.Second
)

func (p *Program) testReceiver(ctx context.Context, before api.Receiver) error {
	now, err := p.server.TestReceiver(ctx, before.URL)
	ctx, cancel := context.WithTimeout(ctx, testPatience)
	defer cancel()
	for err == nil && !triedSince(now, before) {
		select {
		case <-ctx.Done():
			return app.Fault(app.CodeUnavailable, "the message waits behind others for %s; gondor alerts receivers tells what became of it", before.Address)
		case <-time.After(testLook):
			now, err = p.server.Receiver(ctx, before.URL)
		}
	}
	switch {
	case err != nil:
		return err
	case now.Fault != "":
		return app.Fault(app.CodeFailed, "it did not arrive: %s. Gondor goes on trying for a day", now.Fault)
	}
	return p.made(now, "It arrived at %s.", now.Address)
}

func triedSince(now, before api.Receiver) bool {
	return now.Tried != nil && (before.Tried == nil || now.Tried.After(*before.Tried))
}

func (p *Program) alertsRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove RECEIVER", Short: "Tell a receiver nothing more", Args: takes("RECEIVER"),
		ValidArgsFunction: p.completeOne(p.receiverNames),
		RunE: func(c *cobra.Command, args []string) error {
			receiver, err := p.findReceiver(c.Context(), args[0])
			if err != nil {
				return err
			}
			if err := p.server.Delete(c.Context(), receiver.URL); err != nil {
				return err
			}
			return p.say("%s is told nothing more.", receiver.Address)
		},
	}
}

// findReceiver finds a receiver of the site or its group by its ID or its address.
func (p *Program) findReceiver(ctx context.Context, name string) (api.Receiver, error) {
	receivers, err := p.receivers(ctx)
	if err != nil {
		return api.Receiver{}, err
	}
	for _, receiver := range receivers {
		if idOf(receiver.URL) == name || receiver.Address == name {
			return receiver, nil
		}
	}
	return api.Receiver{}, app.Fault(app.CodeNotFound, "nobody called %q is told of alerts; gondor alerts receivers shows who is", name)
}

func (p *Program) receiverNames(ctx context.Context) ([]string, error) {
	receivers, err := p.receivers(ctx)
	return names(receivers, func(r api.Receiver) string { return idOf(r.URL) + "\t" + r.Address }), err
}
