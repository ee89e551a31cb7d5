package web

import (
	"time"

	"gondor/app"
	"gondor/web/api"
)

func (s *server) drainRoutes() []route {
	return []route{
		show("/v2/log_drains/", "Where the logs of an instance are sent, and how that goes", listDrains).needs("instance", "its url"),
		create("/v2/log_drains/", "Send the logs of an instance to a syslog server or an HTTP endpoint", createDrain),
		show("/v2/log_drains/:id/", "One drain", showDrain),
		erase("/v2/log_drains/:id/", "Send the logs there no more", deleteDrain),
	}
}

func (c *call) drain(d app.Drain) (api.Drain, error) {
	state, err := c.App.DrainState(c.ctx(), c.who, d.ID)
	if err != nil {
		return api.Drain{}, err
	}
	creator, err := c.person(d.Creator)
	return api.Drain{
		Instance: refer(c, "instances", d.Instance), Target: d.Shown, Creator: creator.Name, Created: d.Created,
		Sent: state.Sent, Lost: state.Lost, Behind: int(state.Behind / time.Second), Success: moment(state.Success),
		Failure: state.Failure, Failing: moment(state.Failing), URL: refer(c, "log_drains", d.ID),
	}, err
}

func listDrains(c *call) ([]api.Drain, error) {
	instance, err := mustAsk[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	drains, err := c.App.Drains(c.ctx(), c.who, instance)
	return each(drains, err, c.drain)
}

func createDrain(c *call, in api.NewDrain) (api.Drain, error) {
	instance, err := required[app.Instance](c, "instance", "instances", in.Instance)
	if err != nil {
		return api.Drain{}, err
	}
	drain, err := c.App.CreateDrain(c.ctx(), c.who, app.NewDrain{Instance: instance, Target: in.Target})
	if err != nil {
		return api.Drain{}, err
	}
	return c.drain(drain)
}

func showDrain(c *call) (api.Drain, error) {
	id, err := given[app.Drain](c, "log drain")
	if err != nil {
		return api.Drain{}, err
	}
	drain, err := c.App.Drain(c.ctx(), c.who, id)
	if err != nil {
		return api.Drain{}, err
	}
	return c.drain(drain)
}

func deleteDrain(c *call) error {
	id, err := given[app.Drain](c, "log drain")
	if err != nil {
		return err
	}
	return c.App.DeleteDrain(c.ctx(), c.who, id)
}
