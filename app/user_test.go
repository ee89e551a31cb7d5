package app_test

import (
	"strings"
	"testing"

	"gondor/app"
)

func TestANewUserIsChecked(t *testing.T) {
	w := newWorld(t)
	w.amy()
	w.team("crew", nil)
	for _, c := range []struct {
		why   string
		user  app.NewUser
		code  app.Code
		field string
	}{
		{"the name is none", app.NewUser{Name: "A B", Password: password}, app.CodeInvalid, "username"},
		{"the name is missing", app.NewUser{Password: password}, app.CodeInvalid, "username"},
		{"the name is taken", app.NewUser{Name: "amy", Password: password}, app.CodeConflict, "username"},
		{"a group has the name", app.NewUser{Name: "crew", Password: password}, app.CodeConflict, "username"},
		{"the address is none", app.NewUser{Name: "bob", Email: "bob", Password: password}, app.CodeInvalid, "email"},
		{"the address has a name", app.NewUser{Name: "bob", Email: "Bob <bob@example.com>", Password: password}, app.CodeInvalid, "email"},
		{"the address has a newline", app.NewUser{Name: "bob", Email: "bob@example.com\r\nBcc: x@example.com", Password: password}, app.CodeInvalid, "email"},
		{"the address is taken", app.NewUser{Name: "bob", Email: "AMY@example.com", Password: password}, app.CodeConflict, "email"},
		{"the password is short", app.NewUser{Name: "bob", Password: "1234567"}, app.CodeInvalid, "password"},
		{"the password is too long", app.NewUser{Name: "bob", Password: strings.Repeat("ä", 37)}, app.CodeInvalid, "password"},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, err := w.CreateUser(w.ctx, w.admin, c.user)
			wantCode(t, err, c.code)
			wantField(t, err, c.field)
		})
	}
	users, err := w.Users(w.ctx, w.admin)
	must(t, err)
	if len(users) != 2 {
		t.Errorf("there are %d users, want root and amy", len(users))
	}
}

func TestTwoUsersCanHaveNoAddress(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"amy", "bob"} {
		_, err := w.CreateUser(w.ctx, w.admin, app.NewUser{Name: name, Password: strings.Repeat("p", 72)})
		must(t, err)
	}
}

func TestAUserHasAGroupOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	amy := w.person("amy", false)
	user, group, err := w.Me(w.ctx, amy)
	must(t, err)
	if user.ID != amy.User || group.Name != "amy" || group.Number == 0 {
		t.Errorf("amy is %+v with the group %+v", user, group)
	}
	site, err := w.CreateSite(w.ctx, amy, app.NewSite{Name: "blog"})
	must(t, err)
	if site.Group != group.ID {
		t.Errorf("a site without a group belongs to %s", site.Group)
	}
	must(t, w.DeleteSite(w.ctx, amy, site.ID))
}

func TestPeopleSeeThemselvesAndAdminsSeeEverybody(t *testing.T) {
	w := newWorld(t)
	amy, bob := w.person("amy", false), w.person("bob", false)
	_, err := w.User(w.ctx, amy, amy.User)
	wantCode(t, err, "")
	_, err = w.User(w.ctx, amy, bob.User)
	wantCode(t, err, app.CodeNotFound)
	_, err = w.User(w.ctx, w.admin, bob.User)
	wantCode(t, err, "")
	_, err = w.User(w.ctx, w.admin, "unknown")
	wantCode(t, err, app.CodeNotFound)
	_, err = w.Users(w.ctx, amy)
	wantCode(t, err, app.CodeForbidden)
	_, err = w.CreateUser(w.ctx, amy, app.NewUser{Name: "eve", Password: password, Admin: true})
	wantCode(t, err, app.CodeForbidden)
	wantCode(t, w.ChangePassword(w.ctx, amy, bob.User, password), app.CodeNotFound)
	wantCode(t, w.ChangePassword(w.ctx, amy, amy.User, "short"), app.CodeInvalid)
	wantCode(t, w.DeleteUser(w.ctx, amy, bob.User), app.CodeNotFound)
	wantCode(t, w.DeleteUser(w.ctx, amy, amy.User), app.CodeForbidden)
}

func TestTheLastAdminStays(t *testing.T) {
	w := newWorld(t)
	wantCode(t, w.DeleteUser(w.ctx, w.admin, w.admin.User), app.CodeConflict)
	second := w.person("second", true)
	must(t, w.DeleteUser(w.ctx, second, w.admin.User))
	wantCode(t, w.DeleteUser(w.ctx, second, second.User), app.CodeConflict)
}

func TestAUserGoesWithAllThatIsTheirs(t *testing.T) {
	w := newWorld(t)
	user := w.amy()
	amy := app.Actor{User: user.ID, Name: user.Name}
	grant := w.signIn("amy")
	group := w.team("team", map[string]app.Role{"amy": app.Owner})
	blog := w.site(group, "blog")
	_, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: blog.ID, Email: "Amy@Example.com", Role: app.Viewer})
	must(t, err)
	own, err := w.CreateSite(w.ctx, amy, app.NewSite{Name: "own"})
	must(t, err)

	wantCode(t, w.DeleteUser(w.ctx, w.admin, user.ID), app.CodeConflict)
	must(t, w.DeleteSite(w.ctx, amy, own.ID))
	must(t, w.DeleteUser(w.ctx, w.admin, user.ID))

	if w.isGood(grant.Access, app.TokenAccess) {
		t.Error("the sign-in of a user who is gone is good")
	}
	members, err := w.Members(w.ctx, w.admin, group.ID)
	must(t, err)
	users, err := w.SiteUsers(w.ctx, w.admin, blog.ID)
	must(t, err)
	if len(members)+len(users) != 0 {
		t.Errorf("%v and %v are left", members, users)
	}
	w.amy()
}
