package ui

import (
	"net/http"
	"strconv"

	"gondor/app"
)

// receiverRow is somebody who is told of alerts.
type receiverRow struct {
	app.Receiver
	Group   string // the group whose alerts it is told of; "" for those of the site alone
	May     bool   // who looks may test and delete it
	Waiting int    // how many messages wait to be delivered
}

// State is what became of the last message.
func (r receiverRow) State() string {
	switch {
	case r.Fault != "":
		return "failed"
	case r.Waiting > 0:
		return "sending"
	case !r.Delivered.IsZero():
		return "arrived"
	}
	return "nothing sent yet"
}

// Waits says what waits to be delivered, "" when nothing does.
func (r receiverRow) Waits() string {
	switch r.Waiting {
	case 0:
		return ""
	case 1:
		return "a message waits"
	}
	return strconv.Itoa(r.Waiting) + " messages wait"
}

// madeReceiver is a receiver that was made just now, with the secret that is shown this once.
// It is zero where none was.
type madeReceiver struct {
	Shown  string
	Secret string
}

// ofGroup is what a form says for the receivers of the resource group.
const ofGroup = "group"

func receiverKinds() []option {
	return []option{
		{Text: "By its address"},
		{Value: string(app.ReceiverEmail), Text: kindWord(app.ReceiverEmail)},
		{Value: string(app.ReceiverSlack), Text: "Slack, or what takes the same"},
		{Value: string(app.ReceiverWebhook), Text: kindWord(app.ReceiverWebhook)},
	}
}

func kindWord(kind app.ReceiverKind) string {
	switch kind {
	case app.ReceiverEmail:
		return "E-mail"
	case app.ReceiverSlack:
		return "Slack"
	case app.ReceiverWebhook:
		return "Webhook"
	}
	return string(kind)
}

// KindWord is its kind as people call it.
func (r receiverRow) KindWord() string { return kindWord(r.Kind) }

func (d *dashboard) receiverRoutes(mux *http.ServeMux) {
	mux.Handle("POST /sites/{site}/alerts", d.private(d.createReceiver))
	mux.Handle("POST /sites/{site}/receivers/{receiver}/test", d.private(d.testReceiver))
	mux.Handle("POST /sites/{site}/receivers/{receiver}/delete", d.private(d.deleteReceiver))
}

// readReceivers reads who is told of the alerts of the site: its own receivers, and those of its
// group where who looks may see them.
func (d *dashboard) readReceivers(c *call, view *alertsView) error {
	own, err := d.app.Receivers(c.Context(), c.who, app.ReceiverOwner{Site: view.Site.ID})
	if err != nil {
		return err
	}
	shared, err := d.app.Receivers(c.Context(), c.who, app.ReceiverOwner{Group: view.Group.ID})
	if err != nil && !app.IsNotFound(err) {
		return err
	}
	manages, _, err := d.groupsForSites(c, []app.ResourceGroup{view.Group})
	if err != nil {
		return err
	}
	for _, receiver := range own {
		view.Receivers = append(view.Receivers, receiverRow{Receiver: receiver, May: view.May.Manage})
	}
	for _, receiver := range shared {
		view.Receivers = append(view.Receivers, receiverRow{Receiver: receiver, Group: view.Group.Name, May: len(manages) > 0})
	}
	if view.Owners = []option{{Text: "This site"}}; len(manages) > 0 {
		view.Owners = append(view.Owners, option{Value: ofGroup, Text: "All sites of " + view.Group.Name})
	}
	return d.countWaiting(c, view.Receivers)
}

// countWaiting counts the messages that wait for each receiver.
func (d *dashboard) countWaiting(c *call, rows []receiverRow) error {
	return d.app.Store.View(c.Context(), func(r app.Reader) error {
		for i := range rows {
			for _, err := range r.Deliveries().By(app.DeliveryByReceiver, string(rows[i].ID)) {
				if err != nil {
					return err
				}
				rows[i].Waiting++
			}
		}
		return nil
	})
}

// createReceiver answers with the page itself when there is a secret to show: that is in no
// cookie and in no address.
func (d *dashboard) createReceiver(c *call) error {
	sent, err := c.read("receiver", "address", "kind", "owner")
	if err != nil {
		return err
	}
	site, err := d.app.Site(c.Context(), c.who, siteID(c))
	if err != nil {
		return err
	}
	owner := app.ReceiverOwner{Site: site.ID}
	if sent.Values["owner"] == ofGroup {
		owner = app.ReceiverOwner{Group: site.Group}
	}
	receiver, secret, err := d.app.CreateReceiver(c.Context(), c.who, app.NewReceiver{
		Owner: owner, Kind: app.ReceiverKind(sent.Values["kind"]), Address: sent.Values["address"],
	})
	switch {
	case err != nil:
		return d.refuse(c, sent, err, d.showAlerts)
	case secret != "":
		return d.showAlertsWith(c, http.StatusCreated, form{}, madeReceiver{receiver.Shown, secret})
	}
	return d.done(c, alertsPath(site.ID), receiver.Shown+" is told from now on.")
}

func (d *dashboard) testReceiver(c *call) error {
	receiver, err := d.receiver(c)
	if err != nil {
		return err
	}
	if err := d.app.TestReceiver(c.Context(), c.who, receiver.ID); err != nil {
		return err
	}
	return d.done(c, alertsPath(siteID(c)), "A test is on its way to "+receiver.Shown+".")
}

func (d *dashboard) deleteReceiver(c *call) error {
	receiver, err := d.receiver(c)
	if err != nil {
		return err
	}
	if err := d.app.DeleteReceiver(c.Context(), c.who, receiver.ID); err != nil {
		return err
	}
	return d.done(c, alertsPath(siteID(c)), receiver.Shown+" is told nothing more.")
}

// receiver is the one that is asked for, which must be of the site that is asked for or of its
// group.
func (d *dashboard) receiver(c *call) (app.Receiver, error) {
	site, err := d.app.Site(c.Context(), c.who, siteID(c))
	if err != nil {
		return app.Receiver{}, err
	}
	receiver, err := d.app.Receiver(c.Context(), c.who, app.ID[app.Receiver](c.PathValue("receiver")))
	if err != nil {
		return app.Receiver{}, err
	}
	if receiver.Owner != (app.ReceiverOwner{Site: site.ID}) && receiver.Owner != (app.ReceiverOwner{Group: site.Group}) {
		return app.Receiver{}, app.NotFound("receiver")
	}
	return receiver, nil
}
