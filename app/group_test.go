package app_test

import (
	"slices"
	"testing"

	"gondor/app"
)

// namesOf lists the groups that somebody sees.
func (w *world) namesOf(who app.Actor) []string {
	w.t.Helper()
	groups, err := w.Groups(w.ctx, who)
	must(w.t, err)
	names := []string{}
	for _, group := range groups {
		names = append(names, group.Name)
	}
	return names
}

func TestPeopleSeeTheGroupsThatTheyHaveToDoWith(t *testing.T) {
	w := newWorld(t)
	amy := w.person("amy", false)
	w.team("member-of", map[string]app.Role{"amy": app.Viewer})
	of := w.team("site-of", nil)
	other := w.team("other", nil)
	blog := w.site(of, "blog")
	w.site(of, "hidden")
	_, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: blog.ID, Username: "amy", Role: app.Viewer})
	must(t, err)

	if got, want := w.namesOf(amy), []string{"amy", "member-of", "site-of"}; !slices.Equal(got, want) {
		t.Errorf("amy sees %v, want %v", got, want)
	}
	if got, want := w.namesOf(w.admin), []string{"root", "amy", "member-of", "site-of", "other"}; !slices.Equal(got, want) {
		t.Errorf("an admin sees %v, want %v", got, want)
	}
	_, err = w.Group(w.ctx, amy, of.ID)
	wantCode(t, err, "")
	_, err = w.Group(w.ctx, amy, other.ID)
	wantCode(t, err, app.CodeNotFound)
	sites, err := w.Sites(w.ctx, amy, of.ID)
	must(t, err)
	if len(sites) != 1 || sites[0].ID != blog.ID {
		t.Errorf("amy sees the sites %v of the group, want blog alone", sites)
	}
	_, err = w.Members(w.ctx, amy, of.ID)
	wantCode(t, err, app.CodeNotFound)
	must(t, w.DeleteSite(w.ctx, w.admin, blog.ID))
	_, err = w.Group(w.ctx, amy, of.ID)
	wantCode(t, err, app.CodeNotFound)
}

func TestGroupsAreNumberedFromOneAndNeverTwice(t *testing.T) {
	w := newWorld(t)
	first := w.team("first", nil)
	must(t, w.DeleteGroup(w.ctx, w.admin, first.ID))
	second := w.team("second", nil)
	if first.Number != 2 || second.Number != 3 { // root's own group is 1
		t.Errorf("the groups are numbered %d and %d", first.Number, second.Number)
	}
}

func TestATeamsGroupIsMadeAndRemoved(t *testing.T) {
	w := newWorld(t)
	owner := w.person("owner", false)
	group := w.team("team", map[string]app.Role{"owner": app.Owner})
	_, err := w.CreateGroup(w.ctx, owner, "more")
	wantCode(t, err, app.CodeForbidden)
	_, err = w.CreateGroup(w.ctx, w.admin, "team")
	wantCode(t, err, app.CodeConflict)
	_, err = w.CreateGroup(w.ctx, w.admin, "Team!")
	wantCode(t, err, app.CodeInvalid)

	site := w.site(group, "blog")
	wantCode(t, w.DeleteGroup(w.ctx, owner, group.ID), app.CodeConflict)
	must(t, w.DeleteSite(w.ctx, owner, site.ID))
	must(t, w.DeleteGroup(w.ctx, owner, group.ID))
	wantCode(t, w.DeleteGroup(w.ctx, w.admin, group.ID), app.CodeNotFound)
}

func TestAPersonsOwnGroupStaysTheirs(t *testing.T) {
	w := newWorld(t)
	amy := w.person("amy", false)
	w.person("bob", false)
	_, own, err := w.Me(w.ctx, amy)
	must(t, err)
	wantCode(t, w.DeleteGroup(w.ctx, amy, own.ID), app.CodeConflict)
	members, err := w.Members(w.ctx, amy, own.ID)
	must(t, err)
	wantCode(t, w.RemoveMember(w.ctx, amy, members[0].ID), app.CodeConflict)
	_, err = w.AddMember(w.ctx, amy, app.NewMember{Group: own.ID, Username: "amy", Role: app.Viewer})
	wantCode(t, err, app.CodeConflict)
	_, err = w.AddMember(w.ctx, amy, app.NewMember{Group: own.ID, Username: "bob", Role: app.Viewer})
	wantCode(t, err, "")
}

func TestAddingAMemberAgainChangesTheRole(t *testing.T) {
	w := newWorld(t)
	amy := w.person("amy", false)
	group := w.team("team", map[string]app.Role{"amy": app.Viewer})
	_, err := w.CreateSite(w.ctx, amy, app.NewSite{Group: group.ID})
	wantCode(t, err, app.CodeForbidden)
	_, err = w.AddMember(w.ctx, w.admin, app.NewMember{Group: group.ID, Username: "amy", Role: app.Developer})
	must(t, err)
	_, err = w.CreateSite(w.ctx, amy, app.NewSite{Group: group.ID})
	must(t, err)
	members, err := w.Members(w.ctx, amy, group.ID)
	must(t, err)
	if len(members) != 1 || members[0].Role != app.Developer {
		t.Fatalf("the members are %+v", members)
	}
	must(t, w.RemoveMember(w.ctx, w.admin, members[0].ID))
	_, err = w.Members(w.ctx, amy, group.ID)
	wantCode(t, err, app.CodeNotFound)
	wantCode(t, w.RemoveMember(w.ctx, w.admin, members[0].ID), app.CodeNotFound)
}

func TestAMemberMustBeAUserWithARole(t *testing.T) {
	w := newWorld(t)
	w.person("amy", false)
	group := w.team("team", nil)
	for _, n := range []app.NewMember{
		{Username: "nobody", Role: app.Owner}, {Username: "", Role: app.Owner}, {Username: "amy", Role: "admin"}, {Username: "amy"},
	} {
		n.Group = group.ID
		_, err := w.AddMember(w.ctx, w.admin, n)
		wantCode(t, err, app.CodeInvalid)
	}
}
