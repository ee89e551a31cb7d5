package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) alertRoutes() []route {
	return []route{
		show("/v2/alerts/", "What is or was wrong, newest first", listAlerts).
			asks("instance", "only there, by its url", "going", "true: only what has not ended"),
	}
}

func listAlerts(c *call) ([]api.Alert, error) {
	instance, err := asked[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	alerts, err := c.App.Alerts(c.ctx(), c.who, app.AlertFilter{Instance: instance, Going: c.QueryParam("going") == "true"})
	return each(alerts, err, c.alert)
}

func (c *call) alert(a app.Alert) (api.Alert, error) {
	return api.Alert{
		ID: string(a.ID), Instance: refer(c, "instances", a.Instance), Kind: a.Kind, Title: a.Title, Text: a.Text,
		Began: a.Began, Ended: moment(a.Ended), Ending: a.Ending,
	}, nil
}
