package app_test

import (
	"testing"

	"gondor/app"
)

// everyAction lists the actions that roles decide about, and the least role of each.
func everyAction() map[app.Action]app.Role {
	return map[app.Action]app.Role{
		app.ActionView:   app.Viewer,
		app.ActionDeploy: app.Developer,
		app.ActionRun:    app.Developer,
		app.ActionSecret: app.Developer,
		app.ActionManage: app.Developer,
		app.ActionOwn:    app.Owner,
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	w := newWorld(t)
	people := map[app.Role]app.Actor{}
	members := map[string]app.Role{}
	for _, role := range []app.Role{app.Viewer, app.Developer, app.Owner} {
		people[role] = w.person("the-"+string(role), false)
		members["the-"+string(role)] = role
	}
	stranger := w.person("stranger", false)
	site := w.site(w.team("team", members), "blog")

	allowed := map[app.Role][]app.Role{ // by the least role of an action
		app.Viewer:    {app.Viewer, app.Developer, app.Owner},
		app.Developer: {app.Developer, app.Owner},
		app.Owner:     {app.Owner},
	}
	for action, least := range everyAction() {
		t.Run(string(action), func(t *testing.T) {
			want := map[app.Role]app.Code{app.Viewer: app.CodeForbidden, app.Developer: app.CodeForbidden, app.Owner: app.CodeForbidden}
			for _, role := range allowed[least] {
				want[role] = ""
			}
			for role, code := range want {
				if got := app.CodeOf(w.authorize(people[role], action, site.Resource())); got != code {
					t.Errorf("a %s gets %q, want %q", role, got, code)
				}
			}
			wantCode(t, w.authorize(w.admin, action, site.Resource()), "")
			wantCode(t, w.authorize(stranger, action, site.Resource()), app.CodeNotFound)
			wantCode(t, w.authorize(app.Actor{}, action, site.Resource()), app.CodeUnauthenticated)
		})
	}
}

func TestOnlyAdminsGovernTheInstallation(t *testing.T) {
	w := newWorld(t)
	owner := w.person("owner", false)
	wantCode(t, w.authorize(w.admin, app.ActionGovern, app.Resource{}), "")
	wantCode(t, w.authorize(owner, app.ActionGovern, app.Resource{}), app.CodeForbidden)
	wantCode(t, w.authorize(owner, app.ActionView, app.Resource{}), "")
	for action := range everyAction() {
		if action != app.ActionView {
			wantCode(t, w.authorize(owner, action, app.Resource{}), app.CodeForbidden)
		}
	}
}

func TestTheHigherOfTwoRolesCounts(t *testing.T) {
	w := newWorld(t)
	amy := w.person("amy", false)
	group := w.team("team", map[string]app.Role{"amy": app.Viewer})
	blog, shop := w.site(group, "blog"), w.site(group, "shop")
	_, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: blog.ID, Username: "amy", Role: app.Owner})
	must(t, err)
	wantCode(t, w.authorize(amy, app.ActionOwn, blog.Resource()), "")
	wantCode(t, w.authorize(amy, app.ActionOwn, shop.Resource()), app.CodeForbidden)
	wantCode(t, w.authorize(amy, app.ActionOwn, app.Resource{Group: group.ID}), app.CodeForbidden)
}

func TestARoleIsOneOfThree(t *testing.T) {
	for _, role := range []app.Role{app.Viewer, app.Developer, app.Owner} {
		wantCode(t, role.Check(), "")
	}
	for _, role := range []app.Role{"", "admin", "Owner"} {
		wantCode(t, role.Check(), app.CodeInvalid)
	}
}

// authorize asks whether who may do the action.
func (w *world) authorize(who app.Actor, action app.Action, on app.Resource) error {
	return w.Store.View(w.ctx, func(r app.Reader) error { return app.Authorize(r, who, action, on, "thing") })
}
