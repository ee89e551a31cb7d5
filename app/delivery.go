package app

import (
	"context"
	"fmt"
	"time"
)

// Delivery is a message that waits to be delivered to a receiver. Those of one receiver are
// delivered one after the other, in the order of their IDs, so that none hears of an end
// before it has heard of the beginning.
type Delivery struct {
	ID        ID[Delivery]
	Receiver  ID[Receiver]
	Message   Message
	Attempts  int       // that failed
	NotBefore time.Time // the next attempt
	Created   time.Time
}

// DeliveryByReceiver is the index of deliveries by their receiver.
const DeliveryByReceiver = "receiver"

// Key implements Record.
func (d Delivery) Key() string { return string(d.ID) }

// Indexes implements Record.
func (d Delivery) Indexes() []Index {
	return []Index{{Name: DeliveryByReceiver, Value: string(d.Receiver)}}
}

// How deliveries are tried: how many receivers at once, how long one attempt may take, the
// pause after the first that failed and the longest, and when it is given up.
const (
	deliveryWorkers  = 4
	deliveryTimeout  = 15 * time.Second
	firstPause       = 10 * time.Second
	lastPause        = 10 * time.Minute
	deliveryPatience = 24 * time.Hour
)

// putDelivery puts a message in line for a receiver.
func (a *App) putDelivery(tx Tx, receiver ID[Receiver], message Message) error {
	number, err := tx.Deliveries().Next()
	if err != nil {
		return err
	}
	now := a.now()
	message.ID = string(NewID[Message](now))
	return tx.Deliveries().Put(Delivery{
		ID: ID[Delivery](fmt.Sprintf("%016d", number)), Receiver: receiver, Message: message, NotBefore: now, Created: now,
	})
}

// deliveryLoop delivers what is in line.
func (a *App) deliveryLoop(ctx context.Context) error {
	for {
		id, err := a.receivers.take(ctx)
		if err != nil {
			return err
		}
		if err := a.deliverNext(ctx, id); err != nil && ctx.Err() == nil {
			a.log.Error("deliver an alert", "receiver", id, "error", err)
			a.receivers.addAfter(id, retryAfter)
		}
		a.receivers.done(id)
	}
}

// enqueueDeliveries puts every receiver that something waits for in line.
func (a *App) enqueueDeliveries(ctx context.Context) error {
	return a.read(ctx, func(r Reader) error {
		for delivery, err := range r.Deliveries().Each() {
			if err != nil {
				return err
			}
			a.receivers.add(delivery.Receiver)
		}
		return nil
	})
}

// moveOnDelivery puts the receiver of a new delivery in line.
func (a *App) moveOnDelivery(ctx context.Context, id ID[Delivery]) {
	err := a.read(ctx, func(r Reader) error {
		delivery, err := r.Deliveries().Get(id)
		if err == nil {
			a.receivers.add(delivery.Receiver)
		}
		return err
	})
	if err != nil && !IsNotFound(err) && ctx.Err() == nil {
		a.log.Error("look at a delivery", "delivery", id, "error", err)
	}
}

// deliverNext tries the oldest message that waits for a receiver.
func (a *App) deliverNext(ctx context.Context, id ID[Receiver]) error {
	var receiver Receiver
	var next Delivery
	err := a.read(ctx, func(r Reader) (err error) {
		if receiver, err = r.Receivers().Get(id); err != nil {
			return err
		}
		next, err = r.Deliveries().One(DeliveryByReceiver, string(id))
		return err
	})
	if IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what is to be delivered: %w", err)
	}
	if wait := next.NotBefore.Sub(a.now()); wait > 0 {
		a.receivers.addAfter(id, wait)
		return nil
	}
	failed := a.notify(ctx, receiver, next.Message)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return a.storeAttempt(ctx, next, failed)
}

func (a *App) notify(ctx context.Context, receiver Receiver, m Message) error {
	to, err := a.Vault.Open(receiver.Address)
	if err != nil {
		return err
	}
	secret, err := a.Vault.Open(receiver.Secret)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	return a.Notifier.Notify(ctx, Address{Kind: receiver.Kind, To: to, Secret: secret}, m)
}

// storeAttempt stores what became of an attempt, and puts the receiver in line for the next.
func (a *App) storeAttempt(ctx context.Context, delivery Delivery, failed error) error {
	err := a.update(ctx, func(tx Tx) error {
		receiver, err := tx.Receivers().Get(delivery.Receiver)
		if IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		receiver.Tried = a.now()
		switch {
		case failed == nil:
			receiver.Delivered, receiver.Fault = receiver.Tried, ""
			err = tx.Deliveries().Delete(delivery.ID)
		case a.now().Sub(delivery.Created) > deliveryPatience:
			receiver.Fault = "A message was given up after a day: " + failed.Error()
			err = tx.Deliveries().Delete(delivery.ID)
		default:
			receiver.Fault = failed.Error()
			delivery.NotBefore = a.now().Add(min(firstPause<<min(delivery.Attempts, 10), lastPause))
			delivery.Attempts++
			err = tx.Deliveries().Put(delivery)
		}
		return orElse(err, tx.Receivers().Put(receiver))
	})
	if err != nil {
		return fmt.Errorf("store an attempt to deliver an alert: %w", err)
	}
	a.receivers.add(delivery.Receiver)
	return nil
}
