package app_test

import (
	"errors"
	"reflect"
	"testing"

	"gondor/app"
)

// cast is one person for each way to stand to a site.
type cast struct {
	roles    map[app.Role]app.Actor // members of its group
	user     app.Actor              // a developer of the site alone
	stranger app.Actor              // an owner of another group
}

func (w *world) cast() cast {
	c := cast{roles: map[app.Role]app.Actor{}, user: w.person("site-user", false), stranger: w.person("stranger", false)}
	for _, role := range []app.Role{app.Viewer, app.Developer, app.Owner} {
		c.roles[role] = w.person(string(role), false)
	}
	w.team("elsewhere", map[string]app.Role{"stranger": app.Owner})
	return c
}

// target makes a site with one of everything, in a group that the cast has its roles in.
func (w *world) target(name string) target {
	w.t.Helper()
	extra := w.person("extra-"+name, false)
	group := w.team("group-"+name, map[string]app.Role{"viewer": app.Viewer, "developer": app.Developer, "owner": app.Owner, extra.Name: app.Viewer})
	members, err := w.Members(w.ctx, w.admin, group.ID)
	must(w.t, err)
	site := w.site(group, "site")
	_, err = w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: site.ID, Username: "site-user", Role: app.Developer})
	must(w.t, err)
	siteUser, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: site.ID, Username: extra.Name, Role: app.Viewer})
	must(w.t, err)
	instance := w.instance(site, app.PrimaryLabel)
	on := target{
		group: group.ID, site: site.ID, siteUser: siteUser.ID, instance: instance.ID,
		service: w.service(instance, "web", app.Web).ID, host: w.host(instance, name+".example.com").ID,
	}
	for _, member := range members {
		if member.User == extra.User {
			on.member = member.ID
		}
	}
	w.history(&on)
	return on
}

// history gives the target a build that failed, with a release and a deployment of it, a
// variable, and a scheduled task with a run that failed.
func (w *world) history(on *target) {
	w.t.Helper()
	on.build, on.release, on.deployment = app.NewID[app.Build](w.clock), app.NewID[app.Release](w.clock), app.NewID[app.Deployment](w.clock)
	drain, err := w.CreateDrain(w.ctx, w.admin, app.NewDrain{Instance: on.instance, Target: "https://logs.example.com/token"})
	must(w.t, err)
	on.drain = drain.ID
	on.variable, on.taskRun, on.run = app.NewID[app.Variable](w.clock), app.NewID[app.TaskRun](w.clock), app.NewID[app.Run](w.clock)
	on.receiver = app.NewID[app.Receiver](w.clock)
	task, err := w.CreateTask(w.ctx, w.admin, app.NewTask{Instance: on.instance, Name: "task", TaskSettings: nightly()})
	must(w.t, err)
	on.task = task.ID
	must(w.t, w.Store.Update(w.ctx, func(tx app.Tx) error {
		return errors.Join(
			tx.Builds().Put(app.Build{ID: on.build, Site: on.site, Instance: on.instance, State: app.BuildFailed}),
			tx.Releases().Put(app.Release{ID: on.release, Instance: on.instance, Build: on.build, Number: 1, State: app.ReleaseFailed}),
			tx.Runs().Put(app.Run{ID: on.run, Instance: on.instance, State: app.RunEnded}),
			tx.Receivers().Put(app.Receiver{ID: on.receiver, Owner: app.ReceiverOwner{Site: on.site}, Kind: app.ReceiverEmail, Address: w.Vault.Seal("ops@example.com")}),
			tx.TaskRuns().Put(app.TaskRun{ID: on.taskRun, Task: on.task, Instance: on.instance, State: app.TaskRunFailed}),
			tx.Variables().Put(app.Variable{ID: on.variable, Instance: on.instance, Name: "OLD", Value: w.Vault.Seal("1")}),
			tx.Deployments().Put(app.Deployment{ID: on.deployment, Instance: on.instance, Service: on.service, Build: on.build, Release: on.release}),
		)
	}))
}

// ranks orders the roles, as the documentation does.
func ranks() map[app.Role]int { return map[app.Role]int{app.Viewer: 1, app.Developer: 2, app.Owner: 3} }

func TestEveryUseCaseIsForThoseWhoMay(t *testing.T) {
	for _, c := range everyUseCase() {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			people := w.cast()
			least := ranks()[everyAction()[c.action]]
			for role, who := range people.roles {
				want := app.CodeForbidden
				if ranks()[role] >= least {
					want = c.code
				}
				w.wantCall(c, who, w.target(string(role)), want)
			}
			w.wantCall(c, w.admin, w.target("admin"), c.code)
			on := w.target("refused")
			w.wantCall(c, people.stranger, on, app.CodeNotFound)
			w.wantCall(c, app.Actor{}, on, app.CodeUnauthenticated)
		})
	}
}

func TestAUserOfASiteMayDoToItWhatTheirRoleSays(t *testing.T) {
	for _, c := range everyUseCase() {
		if c.ofGroup {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			people := w.cast()
			want := app.CodeForbidden
			if ranks()[app.Developer] >= ranks()[everyAction()[c.action]] {
				want = c.code
			}
			w.wantCall(c, people.user, w.target("own"), want)
		})
	}
}

func TestWhatIsDeletedIsNotFoundByAnyUseCase(t *testing.T) {
	for _, c := range everyUseCase() {
		if c.ofGroup {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			people := w.cast()
			on := w.target("gone")
			must(t, w.DeleteSite(w.ctx, w.admin, on.site))
			w.wantCall(c, people.roles[app.Owner], on, app.CodeNotFound)
			w.wantCall(c, w.admin, on, app.CodeNotFound)
		})
	}
}

func TestWhatNeverWasIsNotFoundByAnyUseCase(t *testing.T) {
	for _, c := range everyUseCase() {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.wantCall(c, w.admin, target{
				group: "no", member: "no", site: "no", siteUser: "no", instance: "no", service: "no",
				host: "no", build: "no", release: "no", deployment: "no", variable: "no", task: "no", taskRun: "no", run: "no", receiver: "no", drain: "no",
			}, app.CodeNotFound)
		})
	}
}

// wantCall fails unless who gets the code. What goes on into a port is only called by
// who is refused.
func (w *world) wantCall(c useCase, who app.Actor, on target, want app.Code) {
	w.t.Helper()
	refused := want == app.CodeNotFound || want == app.CodeForbidden || want == app.CodeUnauthenticated
	if c.ofWorld && !refused {
		return
	}
	err := c.call(w.ctx, w, who, on)
	if got := app.CodeOf(err); got != want {
		w.t.Errorf("%s by %q: the error is %q (%v), want %q", c.name, who.Name, got, err, want)
	}
}

func TestTheTableOfUseCasesIsWhole(t *testing.T) {
	elsewhere := map[string]bool{ // they are about people and the installation; or no use cases
		"AddUser": true, "Backup": true, "Bootstrap": true, "ChangePassword": true, "Claim": true, "DiskReport": true, "DrainWorks": true, "Enqueue": true, "Fire": true, "ScheduledTasks": true, "CreateGroup": true, "CreateUser": true, "DeleteUser": true,
		"Groups": true, "Identify": true, "InstanceLogs": true, "LogAccess": true, "Me": true, "Move": true, "People": true, "Refresh": true, "Revoke": true, "Routes": true, "Run": true,
		"SetCheapPasswords": true, "SetClock": true, "SetDearPasswords": true, "SignIn": true, "SignInBrowser": true,
		"SignOutBrowser": true, "Sizes": true, "SweepTokens": true, "User": true, "Users": true, "Working": true,
		"Variables": true, "SetVariables": true, // once for each owner
	}
	for _, c := range everyUseCase() {
		elsewhere[c.name] = true
	}
	methods := reflect.TypeFor[*app.App]()
	for i := range methods.NumMethod() {
		if name := methods.Method(i).Name; !elsewhere[name] {
			t.Errorf("no row of the table calls %s: say who may", name)
		}
	}
}
