package ui

import (
	"net/http"
	"strings"

	"gondor/app"
)

// drainRow is a drain with how it stands.
type drainRow struct {
	app.Drain
	app.DrainState
}

// State is how it stands, in one word or two.
func (r drainRow) State() string {
	switch {
	case r.Failure != "":
		return "failing"
	case r.Success.IsZero():
		return "nothing sent yet"
	}
	return "well"
}

// Late is how far it is behind, "" when that is not worth a word.
func (r drainRow) Late() string {
	if r.Behind < moments {
		return ""
	}
	return roughly(r.Behind)
}

func (d *dashboard) drainRoutes(mux *http.ServeMux) {
	mux.Handle("POST /instances/{instance}/drains", d.private(d.createDrain))
	mux.Handle("POST /drains/{drain}/delete", d.private(d.deleteDrain))
}

func (d *dashboard) drainRows(c *call, instance app.ID[app.Instance]) ([]drainRow, error) {
	drains, err := d.app.Drains(c.Context(), c.who, instance)
	if err != nil {
		return nil, err
	}
	var rows []drainRow
	for _, drain := range drains {
		state, err := d.app.DrainState(c.Context(), c.who, drain.ID)
		switch {
		case app.IsNotFound(err): // deleted meanwhile
		case err != nil:
			return nil, err
		default:
			rows = append(rows, drainRow{drain, state})
		}
	}
	return rows, nil
}

func (d *dashboard) createDrain(c *call) error {
	sent, err := c.read("drain", "target")
	if err != nil {
		return err
	}
	drain, err := d.app.CreateDrain(c.Context(), c.who, app.NewDrain{Instance: instanceID(c), Target: strings.TrimSpace(sent.Values["target"])})
	if err != nil {
		return d.refuse(c, sent, err, d.showLogs)
	}
	return d.done(c, logsPath(drain.Instance), "What is written from now on is sent to "+drain.Shown+".")
}

func (d *dashboard) deleteDrain(c *call) error {
	drain, err := d.app.Drain(c.Context(), c.who, app.ID[app.Drain](c.PathValue("drain")))
	if err != nil {
		return err
	}
	if err := d.app.DeleteDrain(c.Context(), c.who, drain.ID); err != nil {
		return err
	}
	return d.done(c, logsPath(drain.Instance), "Nothing more is sent to "+drain.Shown+".")
}
