package app_test

import (
	"context"
	"iter"
	"slices"
	"strings"

	"gondor/app"
)

// useCase is one that is called on something that belongs to a group or a site.
type useCase struct {
	name   string
	action app.Action
	call   func(ctx context.Context, w *world, who app.Actor, on target) error
	code   app.Code // what those who may get: this has nothing to restart, say
	// ofGroup says that it is done to a group: a role in a site does not count, and
	// the site's deletion does not end it.
	ofGroup bool
	// ofWorld says that it goes on into a port, so that only refusals can be asked for.
	ofWorld bool
}

// target is one of everything, all of one site.
type target struct {
	group      app.ID[app.ResourceGroup]
	member     app.ID[app.Member]
	site       app.ID[app.Site]
	siteUser   app.ID[app.SiteUser]
	instance   app.ID[app.Instance]
	service    app.ID[app.Service]
	host       app.ID[app.Host]
	build      app.ID[app.Build]
	release    app.ID[app.Release]
	deployment app.ID[app.Deployment]
	variable   app.ID[app.Variable]
	task       app.ID[app.ScheduledTask]
	taskRun    app.ID[app.TaskRun]
	run        app.ID[app.Run]
	receiver   app.ID[app.Receiver]
	drain      app.ID[app.Drain]
}

// everyUseCase lists the use cases with what they ask for.
func everyUseCase() []useCase {
	return slices.Concat(useCasesOfGroups(), useCasesOfSites(), useCasesOfServices(), useCasesOfReleases(), useCasesOfTasks(), useCasesOfAlerts(), useCasesOfDrains())
}

func useCasesOfAlerts() []useCase {
	return []useCase{
		{name: "Alerts", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Alerts(ctx, who, app.AlertFilter{Instance: on.instance}))
		}},
		{name: "Receivers", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Receivers(ctx, who, app.ReceiverOwner{Site: on.site}))
		}},
		{name: "Receivers", action: app.ActionView, ofGroup: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Receivers(ctx, who, app.ReceiverOwner{Group: on.group}))
		}},
		{name: "Receiver", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Receiver(ctx, who, on.receiver))
		}},
		{name: "CreateReceiver", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			_, _, err := w.CreateReceiver(ctx, who, app.NewReceiver{Owner: app.ReceiverOwner{Site: on.site}, Address: "https://example.com/" + string(on.site) + "/" + who.Name})
			return err
		}},
		{name: "CreateReceiver", action: app.ActionManage, ofGroup: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			_, _, err := w.CreateReceiver(ctx, who, app.NewReceiver{Owner: app.ReceiverOwner{Group: on.group}, Address: "https://example.com/" + who.Name})
			return err
		}},
		{name: "TestReceiver", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.TestReceiver(ctx, who, on.receiver)
		}},
		{name: "DeleteReceiver", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.DeleteReceiver(ctx, who, on.receiver)
		}},
	}
}

func useCasesOfGroups() []useCase {
	return []useCase{
		{name: "Group", action: app.ActionView, ofGroup: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Group(ctx, who, on.group))
		}},
		{name: "Members", action: app.ActionView, ofGroup: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Members(ctx, who, on.group))
		}},
		{name: "AddMember", action: app.ActionOwn, ofGroup: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.AddMember(ctx, who, app.NewMember{Group: on.group, Username: "root", Role: app.Viewer}))
		}},
		{name: "RemoveMember", action: app.ActionOwn, ofGroup: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.RemoveMember(ctx, who, on.member)
		}},
		{name: "DeleteGroup", action: app.ActionOwn, ofGroup: true, code: app.CodeConflict, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.DeleteGroup(ctx, who, on.group)
		}},
		{name: "Sites", action: app.ActionView, ofGroup: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Sites(ctx, who, on.group))
		}},
		{name: "CreateSite", action: app.ActionManage, ofGroup: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateSite(ctx, who, app.NewSite{Group: on.group}))
		}},
	}
}

func useCasesOfSites() []useCase {
	return []useCase{
		{name: "Site", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Site(ctx, who, on.site))
		}},
		{name: "DeleteSite", action: app.ActionOwn, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.DeleteSite(ctx, who, on.site)
		}},
		{name: "SiteUsers", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.SiteUsers(ctx, who, on.site))
		}},
		{name: "AddSiteUser", action: app.ActionOwn, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.AddSiteUser(ctx, who, app.NewSiteUser{Site: on.site, Username: "root", Role: app.Viewer}))
		}},
		{name: "RemoveSiteUser", action: app.ActionOwn, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.RemoveSiteUser(ctx, who, on.siteUser)
		}},
		{name: "Instances", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Instances(ctx, who, on.site))
		}},
		{name: "Instance", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Instance(ctx, who, on.instance))
		}},
		{name: "Status", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Status(ctx, who, on.instance))
		}},
		{name: "Feed", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Feed(ctx, who, on.instance, 0))
		}},
		{name: "AccessLog", action: app.ActionView, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return firstError(w.AccessLog(ctx, who, on.instance, app.LogQuery{}))
		}},
		{name: "Events", action: app.ActionView, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return firstError(w.Events(ctx, who, on.instance))
		}},
		{name: "CreateInstance", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateInstance(ctx, who, app.NewInstance{Site: on.site, Label: "more", Kind: app.Staging}))
		}},
		{name: "DeleteInstance", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.DeleteInstance(ctx, who, on.instance)
		}},
		{name: "Hosts", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Hosts(ctx, who, on.instance))
		}},
		{name: "Host", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Host(ctx, who, on.host))
		}},
		{name: "CreateHost", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateHost(ctx, who, app.NewHost{Instance: on.instance, Name: "more." + string(on.instance) + ".example.com"}))
		}},
		{name: "DeleteHost", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.DeleteHost(ctx, who, on.host)
		}},
	}
}

func useCasesOfServices() []useCase {
	cases := []useCase{
		{name: "Services", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Services(ctx, who, on.instance))
		}},
		{name: "Service", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Service(ctx, who, on.service))
		}},
		{name: "ServiceStatus", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.ServiceStatus(ctx, who, on.service))
		}},
		{name: "ServiceLog", action: app.ActionView, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return firstError(w.ServiceLog(ctx, who, on.service, app.LogQuery{}))
		}},
		{name: "CreateService", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateService(ctx, who, app.NewService{Instance: on.instance, Name: "worker", Kind: app.Worker}))
		}},
		{name: "Scale", action: app.ActionDeploy, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Scale(ctx, who, on.service, 2))
		}},
		{name: "Resize", action: app.ActionDeploy, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Resize(ctx, who, on.service, "large"))
		}},
		{name: "Restart", action: app.ActionDeploy, code: app.CodeConflict, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Restart(ctx, who, on.service))
		}},
		{name: "DeleteService", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.DeleteService(ctx, who, on.service)
		}},
		{name: "RunProcess", action: app.ActionRun, code: app.CodeConflict, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			_, _, err := w.RunProcess(ctx, who, app.NewRun{Service: on.service, Command: "true"})
			return err
		}},
	}
	cases = append(cases, useCase{name: "UnsetVariable", action: app.ActionSecret, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
		return w.UnsetVariable(ctx, who, on.variable)
	}})
	return append(cases, useCasesOfVariables()...)
}

// useCasesOfVariables are two for each of the three owners.
func useCasesOfVariables() []useCase {
	var cases []useCase
	for noun, owner := range map[string]func(target) app.VariableOwner{
		"site":     func(on target) app.VariableOwner { return app.VariableOwner{Site: on.site} },
		"instance": func(on target) app.VariableOwner { return app.VariableOwner{Instance: on.instance} },
		"service":  func(on target) app.VariableOwner { return app.VariableOwner{Service: on.service} },
	} {
		cases = append(cases,
			useCase{name: "Variables of a " + noun, action: app.ActionSecret, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
				return second(w.Variables(ctx, who, owner(on)))
			}},
			useCase{name: "SetVariables of a " + noun, action: app.ActionSecret, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
				return second(w.SetVariables(ctx, who, owner(on), []app.NewVariable{{Name: "A", Value: "1"}}, nil))
			}})
	}
	return cases
}

func useCasesOfReleases() []useCase {
	return []useCase{
		{name: "Builds", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Builds(ctx, who, app.BuildFilter{Site: on.site}))
		}},
		{name: "Build", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Build(ctx, who, on.build))
		}},
		{name: "QueuePlace", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.QueuePlace(ctx, who, on.build))
		}},
		{name: "BuildLog", action: app.ActionView, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return firstError(w.BuildLog(ctx, who, on.build, app.LogQuery{}))
		}},
		{name: "AttachBuild", action: app.ActionView, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.AttachBuild(ctx, who, on.build))
		}},
		{name: "CreateBuild", action: app.ActionDeploy, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateBuild(ctx, who, app.NewBuild{Instance: on.instance}))
		}},
		{name: "CreateBuild of an earlier one", action: app.ActionDeploy, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateBuild(ctx, who, app.NewBuild{Instance: on.instance, SourceOf: on.build}))
		}},
		{name: "CreateBuild of a site", action: app.ActionDeploy, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateBuild(ctx, who, app.NewBuild{Site: on.site}))
		}},
		{name: "UploadBuild", action: app.ActionDeploy, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.UploadBuild(ctx, who, on.build, strings.NewReader("")))
		}},
		{name: "CancelBuild", action: app.ActionDeploy, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CancelBuild(ctx, who, on.build))
		}},
		{name: "Releases", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Releases(ctx, who, on.instance))
		}},
		{name: "Release", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Release(ctx, who, on.release))
		}},
		{name: "ReleaseLog", action: app.ActionView, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return firstError(w.ReleaseLog(ctx, who, on.release, app.LogQuery{}))
		}},
		{name: "CreateRelease", action: app.ActionDeploy, code: app.CodeConflict, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateRelease(ctx, who, app.NewRelease{Instance: on.instance, Build: on.build}))
		}},
		{name: "Rollback", action: app.ActionDeploy, code: app.CodeConflict, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Rollback(ctx, who, app.NewRollback{Instance: on.instance}))
		}},
		{name: "CancelRelease", action: app.ActionDeploy, code: app.CodeConflict, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CancelRelease(ctx, who, on.release))
		}},
		{name: "Deployments", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Deployments(ctx, who, app.DeploymentFilter{Site: on.site}))
		}},
		{name: "Deployment", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Deployment(ctx, who, on.deployment))
		}},
		{name: "CreateDeployment", action: app.ActionDeploy, code: app.CodeConflict, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateDeployment(ctx, who, app.NewDeployment{Service: on.service, Build: on.build}))
		}},
	}
}

func useCasesOfTasks() []useCase {
	return []useCase{
		{name: "Runs", action: app.ActionRun, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Runs(ctx, who, on.instance, 0))
		}},
		{name: "OneRun", action: app.ActionRun, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.OneRun(ctx, who, on.run))
		}},
		{name: "StopRun", action: app.ActionRun, code: app.CodeConflict, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.StopRun(ctx, who, on.run))
		}},
		{name: "RunLog", action: app.ActionRun, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return firstError(w.RunLog(ctx, who, on.run, app.LogQuery{}))
		}},
		{name: "Tasks", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Tasks(ctx, who, on.instance))
		}},
		{name: "Task", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Task(ctx, who, on.task))
		}},
		{name: "CreateTask", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateTask(ctx, who, app.NewTask{Instance: on.instance, Name: "more", TaskSettings: nightly()}))
		}},
		{name: "UpdateTask", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.UpdateTask(ctx, who, on.task, app.TaskUpdate{}))
		}},
		{name: "DeleteTask", action: app.ActionManage, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.DeleteTask(ctx, who, on.task)
		}},
		{name: "RunTask", action: app.ActionRun, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.RunTask(ctx, who, on.task))
		}},
		{name: "TaskRuns", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.TaskRuns(ctx, who, on.task, 0))
		}},
		{name: "TaskRun", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.TaskRun(ctx, who, on.taskRun))
		}},
		{name: "StopTaskRun", action: app.ActionRun, code: app.CodeConflict, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.StopTaskRun(ctx, who, on.taskRun))
		}},
		{name: "TaskRunLog", action: app.ActionView, ofWorld: true, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return firstError(w.TaskRunLog(ctx, who, on.taskRun, app.LogQuery{}))
		}},
	}
}

func useCasesOfDrains() []useCase {
	return []useCase{
		{name: "Drains", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Drains(ctx, who, on.instance))
		}},
		{name: "Drain", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.Drain(ctx, who, on.drain))
		}},
		{name: "DrainState", action: app.ActionView, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.DrainState(ctx, who, on.drain))
		}},
		{name: "CreateDrain", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return second(w.CreateDrain(ctx, who, app.NewDrain{Instance: on.instance, Target: "https://logs.example.com/more"}))
		}},
		{name: "DeleteDrain", action: app.ActionManage, call: func(ctx context.Context, w *world, who app.Actor, on target) error {
			return w.DeleteDrain(ctx, who, on.drain)
		}},
	}
}

// nightly are the settings of some scheduled task.
func nightly() app.TaskSettings {
	return app.TaskSettings{Schedule: "30 2 * * *", Zone: "Europe/Vienna", Command: "true"}
}

// second drops a result and keeps the error.
func second[T any](_ T, err error) error { return err }

// firstError is the first error that a list yields.
func firstError[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		return err
	}
	return nil
}
