package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) receiverRoutes() []route {
	return []route{
		show("/v2/alert_receivers/", "Who is told of the alerts of a site, or of all sites of a resource group", listReceivers).
			asks("site", "its url", "resource_group", "its url; one of the two is needed"),
		create("/v2/alert_receivers/", "Let somebody be told of alerts", createReceiver),
		show("/v2/alert_receivers/:id/", "One receiver", showReceiver),
		act("/v2/alert_receivers/:id/test/", "Send a message to a receiver", testReceiver),
		erase("/v2/alert_receivers/:id/", "Tell a receiver nothing more", deleteReceiver),
	}
}

func (c *call) receiver(r app.Receiver) (api.Receiver, error) {
	return api.Receiver{
		Site: optional(c, "sites", r.Owner.Site), ResourceGroup: optional(c, "resource_groups", r.Owner.Group),
		Kind: r.Kind, Address: r.Shown, Delivered: moment(r.Delivered), Tried: moment(r.Tried), Fault: r.Fault, Created: r.Created,
		URL: refer(c, "alert_receivers", r.ID),
	}, nil
}

func (c *call) receiverOwner(site, group api.Reference) (owner app.ReceiverOwner, err error) {
	if owner.Site, err = referred[app.Site](c, "site", "sites", site); err != nil {
		return owner, err
	}
	owner.Group, err = referred[app.ResourceGroup](c, "resource_group", "resource_groups", group)
	return owner, err
}

func listReceivers(c *call) ([]api.Receiver, error) {
	owner, err := c.receiverOwner(api.Reference(c.QueryParam("site")), api.Reference(c.QueryParam("resource_group")))
	if err != nil {
		return nil, err
	}
	receivers, err := c.App.Receivers(c.ctx(), c.who, owner)
	return each(receivers, err, c.receiver)
}

func createReceiver(c *call, in api.NewReceiver) (api.Receiver, error) {
	owner, err := c.receiverOwner(in.Site, in.ResourceGroup)
	if err != nil {
		return api.Receiver{}, err
	}
	made, secret, err := c.App.CreateReceiver(c.ctx(), c.who, app.NewReceiver{Owner: owner, Kind: in.Kind, Address: in.Address})
	if err != nil {
		return api.Receiver{}, err
	}
	wire, err := c.receiver(made)
	wire.Secret = secret
	return wire, err
}

func showReceiver(c *call) (api.Receiver, error) {
	id, err := given[app.Receiver](c, "receiver")
	if err != nil {
		return api.Receiver{}, err
	}
	receiver, err := c.App.Receiver(c.ctx(), c.who, id)
	if err != nil {
		return api.Receiver{}, err
	}
	return c.receiver(receiver)
}

func testReceiver(c *call) (api.Receiver, error) {
	id, err := given[app.Receiver](c, "receiver")
	if err != nil {
		return api.Receiver{}, err
	}
	if err := c.App.TestReceiver(c.ctx(), c.who, id); err != nil {
		return api.Receiver{}, err
	}
	return showReceiver(c)
}

func deleteReceiver(c *call) error {
	id, err := given[app.Receiver](c, "receiver")
	if err != nil {
		return err
	}
	return c.App.DeleteReceiver(c.ctx(), c.who, id)
}
