package app

import (
	"slices"
	"time"
)

// raise begins an alert in the transaction that finds it, and puts what its receivers are to
// be told in line. One that has begun already goes on: nobody is told twice.
func (a *App) raise(tx Tx, alert Alert) error {
	_, err := tx.Alerts().One(AlertNow, alert.about())
	if !IsNotFound(err) {
		return err
	}
	instance, err := tx.Instances().Get(alert.Instance)
	if IsNotFound(err) || err == nil && !instance.alive() {
		return nil // what is wrong goes with it
	}
	if err != nil {
		return err
	}
	receivers, err := receiversOf(tx.Reader(), instance)
	if err != nil {
		return err
	}
	alert.ID, alert.Began = NewID[Alert](a.now()), a.now()
	for _, receiver := range receivers {
		alert.Told = append(alert.Told, receiver.ID)
	}
	return orElse(tx.Alerts().Put(alert), a.tell(tx, instance, alert))
}

// settle ends the alert of a kind about something, if there is one. how is a sentence.
func (a *App) settle(tx Tx, kind AlertKind, on, how string) error {
	alert, err := tx.Alerts().One(AlertNow, Alert{Kind: kind, On: on}.about())
	if IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.endAlert(tx, alert, how)
}

// settleAll ends all alerts of an instance.
func (a *App) settleAll(tx Tx, instance ID[Instance], how string) error {
	going, err := gather(tx.Alerts().By(AlertGoing, string(instance)), every[Alert])
	for _, alert := range going {
		if err := a.endAlert(tx, alert, how); err != nil {
			return err
		}
	}
	return err
}

func (a *App) endAlert(tx Tx, alert Alert, how string) error {
	instance, err := tx.Instances().Get(alert.Instance)
	if err != nil {
		return err
	}
	alert.Ended, alert.Ending = a.now(), how
	if err := orElse(tx.Alerts().Put(alert), a.tell(tx, instance, alert)); err != nil {
		return err
	}
	_, err = prune(tx.Alerts(), AlertByInstance, string(alert.Instance), keepAlerts, func(old Alert) bool { return !old.Ended.IsZero() })
	return err
}

// tell puts a message about the alert as it now is in line for each of its receivers.
func (a *App) tell(tx Tx, instance Instance, alert Alert) error {
	if len(alert.Told) == 0 {
		return nil
	}
	message, err := a.messageOf(tx.Reader(), instance, alert)
	if err != nil {
		return err
	}
	for _, receiver := range alert.Told {
		if err := a.putDelivery(tx, receiver, message); err != nil {
			return err
		}
	}
	return nil
}

// messageOf says of an alert what its receivers are told.
func (a *App) messageOf(r Reader, instance Instance, alert Alert) (Message, error) {
	site, err := fullName(r, instance.Site)
	if err != nil {
		return Message{}, err
	}
	m := Message{
		Status: MessageFiring, Alert: string(alert.ID), Kind: alert.Kind, Site: site, Instance: instance.Label,
		Title: alert.Title, Text: alert.Text, Began: alert.Began, URL: a.config.URL.JoinPath("instances", string(instance.ID)).String(),
	}
	if !alert.Ended.IsZero() {
		m.Status, m.Title, m.Ended = MessageResolved, alert.Ending, alert.Ended
		m.Text = "It began " + lasted(alert.Ended.Sub(alert.Began)) + " ago: " + alert.Title
	}
	return m, nil
}

// lasted is a time span as people say it.
func lasted(d time.Duration) string {
	return d.Round(max(time.Second, d.Truncate(time.Minute)/60)).String()
}

// receiversOf are those of an instance's site and of its group.
func receiversOf(r Reader, instance Instance) ([]Receiver, error) {
	site, err := r.Sites().Get(instance.Site)
	if err != nil {
		return nil, err
	}
	ofSite, err := gather(r.Receivers().By(ReceiverByOwner, string(site.ID)), every[Receiver])
	if err != nil {
		return nil, err
	}
	ofGroup, err := gather(r.Receivers().By(ReceiverByOwner, string(site.Group)), every[Receiver])
	return slices.Concat(ofSite, ofGroup), err
}
