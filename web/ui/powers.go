package ui

import (
	"gondor/app"
)

// powers are what who looks may do to a site, so that pages offer nothing that would be
// refused. The use cases decide anew.
type powers struct {
	Deploy bool
	Run    bool
	Secret bool
	Manage bool
	Own    bool
}

// powers asks the domain's table of who may do what.
func (d *dashboard) powers(c *call, site app.Site) (powers, error) {
	var may powers
	err := d.app.Store.View(c.Context(), func(r app.Reader) error {
		for action, allowed := range map[app.Action]*bool{
			app.ActionDeploy: &may.Deploy, app.ActionRun: &may.Run, app.ActionSecret: &may.Secret,
			app.ActionManage: &may.Manage, app.ActionOwn: &may.Own,
		} {
			err := app.Authorize(r, c.who, action, site.Resource(), "site")
			if err != nil && app.CodeOf(err) != app.CodeForbidden {
				return err
			}
			*allowed = err == nil
		}
		return nil
	})
	return may, err
}

// names returns what people are called; somebody who is gone has no entry.
func (d *dashboard) names(c *call, ids ...app.ID[app.User]) (map[app.ID[app.User]]string, error) {
	people, err := d.app.People(c.Context(), c.who, ids...)
	if err != nil {
		return nil, err
	}
	names := make(map[app.ID[app.User]]string, len(people))
	for id, person := range people {
		names[id] = person.Name
	}
	return names, nil
}
