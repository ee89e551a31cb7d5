package ui

import (
	"net/http"
	"strings"

	"gondor/app"
)

func (d *dashboard) eventRoutes(mux *http.ServeMux) {
	mux.Handle("GET /events", d.private(d.events))
}

// wireChange says what has changed: the script fetches the sections that show such nouns.
type wireChange struct {
	Noun     string               `json:"noun"` // with hyphens, as sections name it: "task-run"
	Instance app.ID[app.Instance] `json:"instance,omitempty"`
}

// events streams the changes of one instance, or of all that who listens may see.
func (d *dashboard) events(c *call) error {
	instance := app.ID[app.Instance](c.URL.Query().Get("instance"))
	if instance != "" {
		if _, err := d.app.Instance(c.Context(), c.who, instance); err != nil {
			return err
		}
	}
	return relay(d, c, d.app.Events(c.Context(), c.who, instance), func(s *stream, change app.Change) error {
		return s.send("", "", wireChange{Noun: strings.ReplaceAll(change.Noun, " ", "-"), Instance: change.Instance})
	})
}
