package web

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"gondor/app"
	"gondor/web/api"
)

func (s *server) eventRoutes() []route {
	return []route{route{
		method: http.MethodGet, path: "/v2/events/", summary: "What changes from now on, as server-sent events",
		out: reflect.TypeFor[api.Event](), gets: eventStream, status: http.StatusOK, serve: serveEvents,
	}.asks("instance", "only what belongs to this instance, by its url")}
}

// collections are the paths of the nouns whose changes are told. What is not here, such
// as tokens, is nobody's business.
var collections = map[string]string{
	"user": "users", "resource group": "resource_groups", "member": "members",
	"site": "sites", "site user": "site_users", "instance": "instances", "service": "services",
	"build": "builds", "release": "releases", "deployment": "deployments",
	"variable": "envvars", "host": "hosts", "log drain": "log_drains", "scheduled task": "scheduled_tasks", "task run": "task_runs", "run": "runs", "alert": "alerts", "alert receiver": "alert_receivers",
}

func (c *call) event(change app.Change) (api.Event, bool) {
	collection, told := collections[change.Noun]
	return api.Event{
		Noun: change.Noun, URL: refer(c, collection, app.ID[struct{}](change.Key)),
		Instance: optional(c, "instances", change.Instance), Deleted: change.Deleted,
	}, told
}

func serveEvents(c *call) error {
	instance, err := asked[app.Instance](c, "instance", "instances")
	if err != nil {
		return err
	}
	if instance != "" {
		if _, err := c.App.Instance(c.ctx(), c.who, instance); err != nil {
			return err
		}
	}
	return c.stream(func(ctx context.Context, out *events) error {
		for change, err := range c.App.Events(ctx, c.who, instance) {
			if err != nil {
				return err
			}
			if event, told := c.event(change); told && out.send("change", revision(change), event) != nil {
				return nil
			}
		}
		return nil
	})
}

// revision is the ID of an event; what is not stored has none. Events are not repeated: a
// client that comes back reads the resources again.
func revision(change app.Change) string {
	if change.Revision == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(change.Revision), 10)
}
