package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) instanceEventRoutes() []route {
	return []route{
		show("/v2/instance_events/", "What happened in an instance, newest first", listInstanceEvents).needs("instance", "its url").asks("limit", "only the newest so many"),
	}
}

func listInstanceEvents(c *call) ([]api.InstanceEvent, error) {
	instance, limit, err := newestOf[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	events, err := c.App.Feed(c.ctx(), c.who, instance, limit)
	return each(events, err, c.instanceEvent)
}

func (c *call) instanceEvent(e app.Event) (api.InstanceEvent, error) {
	wire := api.InstanceEvent{ID: string(e.ID), Instance: refer(c, "instances", e.Instance), At: e.At, Kind: e.Kind, Warning: e.Warning, Text: e.Text}
	if e.About != "" {
		wire.About = optional(c, collections[string(e.Kind)], app.ID[struct{}](e.About))
	}
	if e.By == "" {
		return wire, nil
	}
	person, err := c.person(e.By)
	wire.User = person.Name
	return wire, err
}
