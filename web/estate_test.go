package web

import (
	"errors"
	"time"

	"gondor/app"
)

// estate fills a world with a team, called own, whose people have every role, and with
// a group, called foreign, that is nobody's; each has one of everything, whose IDs are
// idOf the group's name and the noun.
func (w *world) estate() {
	for name, admin := range map[string]bool{
		"admin": true, "owner": false, "developer": false, "viewer": false, "stranger": false, "newcomer": false,
	} {
		w.person(name, admin)
	}
	w.holding("own")
	w.holding("foreign")
	for _, role := range []app.Role{app.Owner, app.Developer, app.Viewer} {
		w.put(func(tx app.Tx) error {
			return tx.Members().Put(app.Member{
				ID: idOf[app.Member]("own" + string(role)), Group: idOf[app.ResourceGroup]("own group"), User: idOf[app.User](string(role)), Role: role,
			})
		})
	}
}

func idIn[T any](group, noun string) app.ID[T] { return idOf[T](group + " " + noun) }

func (w *world) holding(name string) {
	group := app.ResourceGroup{ID: idIn[app.ResourceGroup](name, "group"), Name: name}
	site := app.Site{ID: idIn[app.Site](name, "site"), Group: group.ID, Name: "shop", Created: time.Now()}
	instance := app.Instance{
		ID: idIn[app.Instance](name, "instance"), Site: site.ID, Label: "primary", Kind: app.Production,
		Domain: name + ".gondor.test", LastRelease: 2, Secret: w.app.Vault.Seal("key"), Created: time.Now(),
	}
	w.put(func(tx app.Tx) error {
		number, err := tx.Groups().Next()
		group.Number = number
		return errors.Join(
			err, tx.Groups().Put(group), tx.Sites().Put(site), tx.Instances().Put(instance),
			putPeople(tx, name, group, site), w.putRunning(tx, name, instance), putTask(tx, name, instance),
			tx.Receivers().Put(app.Receiver{ID: idIn[app.Receiver](name, "receiver"), Owner: app.ReceiverOwner{Site: site.ID}, Kind: app.ReceiverEmail, Address: w.app.Vault.Seal("ops@example.com"), Shown: "ops@example.com"}),
			tx.Runs().Put(app.Run{ID: idIn[app.Run](name, "run"), Instance: instance.ID, Service: "web", Command: "true", Size: "small", State: app.RunRunning}),
		)
	})
}

func putPeople(tx app.Tx, name string, group app.ResourceGroup, site app.Site) error {
	someone := idOf[app.User]("newcomer")
	if name == "own" {
		someone = idOf[app.User]("admin")
	}
	return errors.Join(
		tx.Members().Put(app.Member{ID: idIn[app.Member](name, "member"), Group: group.ID, User: idOf[app.User]("admin"), Role: app.Viewer}),
		tx.SiteUsers().Put(app.SiteUser{ID: idIn[app.SiteUser](name, "site user"), Site: site.ID, User: someone, Role: app.Viewer}),
	)
}

// putTask stores a scheduled task with a run that is due.
func putTask(tx app.Tx, name string, i app.Instance) error {
	task := app.ScheduledTask{
		ID: idIn[app.ScheduledTask](name, "task"), Instance: i.ID, Name: "nightly", Created: time.Now(),
		TaskSettings: app.TaskSettings{Schedule: "30 2 * * *", Zone: "UTC", Command: "true", Overlap: app.OverlapQueue, TimeLimit: time.Hour},
	}
	return errors.Join(
		tx.Tasks().Put(task),
		tx.TaskRuns().Put(app.TaskRun{ID: idIn[app.TaskRun](name, "task run"), Task: task.ID, Instance: i.ID, State: app.TaskRunDue, Attempt: 1}),
	)
}

// putRunning stores what a deploy has left, and one that is on its way.
func (w *world) putRunning(tx app.Tx, name string, i app.Instance) error {
	build := app.Build{
		ID: idIn[app.Build](name, "build"), Site: i.Site, Instance: i.ID, Creator: idOf[app.User]("admin"), State: app.BuildSucceeded,
		Plan: app.Plan{
			Language: "Procfile", Processes: map[string]string{"web": "serve"},
			Services: map[string]app.ServiceConfig{"web": {HealthTimeout: time.Second}},
		}, Artifact: app.Artifact{Ref: "a", Size: 1}, Created: time.Now(),
	}
	waiting := build
	waiting.ID, waiting.State, waiting.Artifact = idIn[app.Build](name, "waiting build"), app.BuildWaiting, app.Artifact{}
	release := app.Release{
		ID: idIn[app.Release](name, "release"), Instance: i.ID, Number: 1, Build: build.ID, Creator: idOf[app.User]("admin"),
		Services: []string{"web"}, State: app.ReleaseActive, Created: time.Now(),
	}
	earlier := release
	earlier.ID, earlier.Number, earlier.State = idIn[app.Release](name, "pending release"), 2, app.ReleasePending
	service := app.Service{
		ID: idIn[app.Service](name, "service"), Instance: i.ID, Name: "web", Kind: app.Web, Size: "small", Replicas: 1,
		Release: release.ID, Created: time.Now(),
	}
	value := w.app.Vault.Seal("secret")
	return errors.Join(
		tx.Builds().Put(build), tx.Builds().Put(waiting), tx.Releases().Put(release), tx.Releases().Put(earlier), tx.Services().Put(service),
		tx.Deployments().Put(app.Deployment{
			ID: idIn[app.Deployment](name, "deployment"), Instance: i.ID, Service: service.ID, Build: build.ID, Release: release.ID, Created: time.Now(),
		}),
		tx.Hosts().Put(app.Host{ID: idIn[app.Host](name, "host"), Instance: i.ID, Name: "www." + name + ".example", Created: time.Now()}),
		tx.Drains().Put(app.Drain{ID: idIn[app.Drain](name, "drain"), Instance: i.ID, Target: w.app.Vault.Seal("https://logs.example.com/"), Shown: "https://logs.example.com", Creator: idOf[app.User]("admin"), Created: time.Now()}),
		tx.Variables().Put(app.Variable{ID: idIn[app.Variable](name, "variable"), Instance: i.ID, Name: "KEY", Value: value, Created: time.Now()}),
	)
}
