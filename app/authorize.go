package app

import (
	"errors"
	"slices"
)

// Role is what a person may do in a resource group or a site. Each role may do all that
// the roles before it may.
type Role string

// The roles, least first.
const (
	Viewer    Role = "viewer"
	Developer Role = "developer"
	Owner     Role = "owner"
)

// Check says whether the role is one of the three.
func (r Role) Check() error {
	if r.rank() < 1 {
		return Invalid("role", "%q is not a role; use owner, developer or viewer", string(r))
	}
	return nil
}

// rank is the role's place, from 1; 0 for no role, -1 for what is none of the three.
func (r Role) rank() int { return slices.Index([]Role{"", Viewer, Developer, Owner}, r) }

// Action is something that people do to a resource.
type Action string

// The actions. Every use case names one.
const (
	ActionView   Action = "view"   // see it: everything but values of variables
	ActionDeploy Action = "deploy" // build, release, roll back, scale, restart
	ActionRun    Action = "run"    // start a one-off process in it
	ActionSecret Action = "secret" // read and write the values of its variables
	ActionManage Action = "manage" // make and delete its instances, services and hosts
	ActionOwn    Action = "own"    // delete it, decide who may what
	ActionGovern Action = "govern" // users and groups of the whole installation
)

// least is the table of who may do what: the least role for an action, "" where only
// an admin may. The documentation shows the same table.
func (a Action) least() Role {
	switch a {
	case ActionView:
		return Viewer
	case ActionDeploy, ActionRun, ActionSecret, ActionManage:
		return Developer
	case ActionOwn:
		return Owner
	default:
		return ""
	}
}

// Resource is what an action is done to: a group, or a site within its group. The zero
// Resource is the installation.
type Resource struct {
	Group ID[ResourceGroup]
	Site  ID[Site]
}

// Authorize returns nil when who may do the action to the resource. Everybody who is
// signed in may view the installation: lists hold only what they see. Somebody without
// any role on a resource gets an error of CodeNotFound that names the noun, so that
// existence is not told; somebody whose role is too low gets one of CodeForbidden;
// nobody gets CodeUnauthenticated.
func Authorize(r Reader, who Actor, action Action, on Resource, noun string) error {
	if err := signedIn(who); err != nil || who.Admin {
		return err
	}
	if on == (Resource{}) {
		return authorizeInstallation(action)
	}
	role, err := RoleOf(r, who, on)
	switch {
	case err != nil:
		return err
	case role == "":
		return NotFound(noun)
	case action.least() == "":
		return errAdminsOnly()
	case role.rank() < action.least().rank():
		return Fault(CodeForbidden, "a %s may not do this; it takes the role %s", role, action.least())
	}
	return nil
}

// authorizeInstallation says what people who are no admins may do to the installation.
func authorizeInstallation(action Action) error {
	if action == ActionView {
		return nil
	}
	return errAdminsOnly()
}

func errAdminsOnly() error { return Fault(CodeForbidden, "only an admin may do this") }

// signedIn returns an error of CodeUnauthenticated for nobody.
func signedIn(who Actor) error {
	if who.User == "" {
		return Fault(CodeUnauthenticated, "sign in first")
	}
	return nil
}

// RoleOf returns the highest role that who has on the resource, by membership of its
// group or as a user of the site; "" for none. An admin's own memberships count alone.
func RoleOf(r Reader, who Actor, on Resource) (Role, error) {
	var best Role
	var failed error
	for m, err := range r.Members().By(MemberByUser, string(who.User)) {
		failed = errors.Join(failed, err)
		if err == nil && on.Group != "" && m.Group == on.Group && m.Role.rank() > best.rank() {
			best = m.Role
		}
	}
	for u, err := range r.SiteUsers().By(SiteUserByUser, string(who.User)) {
		failed = errors.Join(failed, err)
		if err == nil && on.Site != "" && u.Site == on.Site && u.Role.rank() > best.rank() {
			best = u.Role
		}
	}
	return best, failed
}
