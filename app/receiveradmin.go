package app

import (
	"context"
	"encoding/base64"
	"strings"
)

// NewReceiver is what CreateReceiver is asked for.
type NewReceiver struct {
	Owner   ReceiverOwner
	Kind    ReceiverKind // empty: by its address
	Address string
}

// Receivers lists who is told of the alerts of a site, or of a resource group.
func (a *App) Receivers(ctx context.Context, who Actor, owner ReceiverOwner) ([]Receiver, error) {
	var receivers []Receiver
	err := a.read(ctx, func(r Reader) (err error) {
		if err := owner.authorize(r, who, ActionView); err != nil {
			return err
		}
		receivers, err = gather(r.Receivers().By(ReceiverByOwner, owner.id()), every[Receiver])
		return err
	})
	return receivers, err
}

// Receiver returns one receiver.
func (a *App) Receiver(ctx context.Context, who Actor, id ID[Receiver]) (Receiver, error) {
	var receiver Receiver
	err := a.read(ctx, func(r Reader) (err error) {
		receiver, err = receiverFor(r, who, ActionView, id)
		return err
	})
	return receiver, err
}

// secretPrefix begins the secrets of webhooks (Standard Webhooks 1.0, section "Signature scheme").
const secretPrefix = "whsec_"

// CreateReceiver lets somebody be told of alerts from now on. The secret, of a webhook, is
// shown this once. CodeConflict when the owner has one of that address.
func (a *App) CreateReceiver(ctx context.Context, who Actor, n NewReceiver) (receiver Receiver, secret string, err error) {
	n.Address = strings.TrimSpace(n.Address)
	if n.Kind == "" {
		n.Kind = kindOf(n.Address)
	}
	if n.Kind == ReceiverWebhook {
		secret = secretPrefix + base64.StdEncoding.EncodeToString([]byte(RandomSecret()))
	}
	err = a.update(ctx, func(tx Tx) error {
		if err := n.Owner.authorize(tx.Reader(), who, ActionManage); err != nil {
			return err
		}
		if err := checkReceiver(n.Kind, n.Address); err != nil {
			return err
		}
		if err := a.Notifier.Check(Address{Kind: n.Kind, To: n.Address, Secret: secret}); err != nil {
			return err
		}
		if err := a.checkReceiverFree(tx.Reader(), n); err != nil {
			return err
		}
		receiver = Receiver{
			ID: NewID[Receiver](a.now()), Owner: n.Owner, Kind: n.Kind, Address: a.Vault.Seal(n.Address), Shown: masked(n.Kind, n.Address),
			Secret: a.Vault.Seal(secret), Creator: who.User, Created: a.now(),
		}
		return tx.Receivers().Put(receiver)
	})
	return receiver, secret, err
}

func (a *App) checkReceiverFree(r Reader, n NewReceiver) error {
	receivers, err := gather(r.Receivers().By(ReceiverByOwner, n.Owner.id()), every[Receiver])
	if err != nil {
		return err
	}
	if len(receivers) >= MaxReceivers {
		return Conflict("", "there are %d receivers already, the most there can be; delete one first", len(receivers))
	}
	for _, receiver := range receivers {
		address, err := a.Vault.Open(receiver.Address)
		if err != nil {
			return err
		}
		if address == n.Address {
			return Conflict("address", "%s is told already", receiver.Shown)
		}
	}
	return nil
}

// DeleteReceiver tells a receiver nothing more, what waits to be delivered included.
func (a *App) DeleteReceiver(ctx context.Context, who Actor, id ID[Receiver]) error {
	return a.update(ctx, func(tx Tx) error {
		receiver, err := receiverFor(tx.Reader(), who, ActionManage, id)
		if err != nil {
			return err
		}
		return orElse(deleteAll(tx.Deliveries(), DeliveryByReceiver, receiver.Key()), tx.Receivers().Delete(id))
	})
}

// TestReceiver sends a message to a receiver, behind what waits for it already.
func (a *App) TestReceiver(ctx context.Context, who Actor, id ID[Receiver]) error {
	return a.update(ctx, func(tx Tx) error {
		receiver, err := receiverFor(tx.Reader(), who, ActionManage, id)
		if err != nil {
			return err
		}
		return a.putDelivery(tx, receiver.ID, Message{
			Status: MessageTest, Title: "This is a test of alerts, asked for by " + who.Name + ".",
			Text: "Nothing is wrong.", Began: a.now(), URL: a.config.URL.String(),
		})
	})
}

// deleteReceivers removes the receivers of a site or a group, with what waits for them.
func deleteReceivers(tx Tx, owner ReceiverOwner) error {
	receivers, err := gather(tx.Receivers().By(ReceiverByOwner, owner.id()), every[Receiver])
	for _, receiver := range receivers {
		if err := deleteAll(tx.Deliveries(), DeliveryByReceiver, receiver.Key()); err != nil {
			return err
		}
		if err := tx.Receivers().Delete(receiver.ID); err != nil {
			return err
		}
	}
	return err
}

// receiverFor returns the receiver when who may do the action to those of its owner.
func receiverFor(r Reader, who Actor, action Action, id ID[Receiver]) (Receiver, error) {
	if err := signedIn(who); err != nil {
		return Receiver{}, err
	}
	receiver, err := r.Receivers().Get(id)
	if err != nil {
		return Receiver{}, err
	}
	err = receiver.Owner.authorize(r, who, action)
	if IsNotFound(err) {
		err = NotFound("receiver")
	}
	return receiver, err
}
