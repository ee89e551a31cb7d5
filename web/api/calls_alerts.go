package api

import (
	"context"
	"strconv"
)

// Alerts lists the alerts of an instance, newest first; with going only those that have not
// ended.
func (c *Client) Alerts(ctx context.Context, instance Reference, going bool) ([]Alert, error) {
	return get[[]Alert](ctx, c, "/v2/alerts/", filter("instance", string(instance), "going", strconv.FormatBool(going)))
}

// SiteReceivers lists who is told of the alerts of a site, those of its group not included.
func (c *Client) SiteReceivers(ctx context.Context, site Reference) ([]Receiver, error) {
	return get[[]Receiver](ctx, c, "/v2/alert_receivers/", filter("site", string(site)))
}

// GroupReceivers lists who is told of the alerts of all sites of a resource group.
func (c *Client) GroupReceivers(ctx context.Context, group Reference) ([]Receiver, error) {
	return get[[]Receiver](ctx, c, "/v2/alert_receivers/", filter("resource_group", string(group)))
}

// CreateReceiver lets somebody be told of alerts. CodeConflict when they are already.
func (c *Client) CreateReceiver(ctx context.Context, n NewReceiver) (Receiver, error) {
	return post[Receiver](ctx, c, "/v2/alert_receivers/", n)
}

// TestReceiver sends a message to a receiver.
func (c *Client) TestReceiver(ctx context.Context, receiver Reference) (Receiver, error) {
	return post[Receiver](ctx, c, string(receiver)+"test/", nil)
}

// Receiver returns one receiver.
func (c *Client) Receiver(ctx context.Context, receiver Reference) (Receiver, error) {
	return get[Receiver](ctx, c, string(receiver), nil)
}
