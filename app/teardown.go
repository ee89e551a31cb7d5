package app

import (
	"context"
	"errors"
	"fmt"
)

// tearDown removes what a deleted instance ran and kept; when the engine has nothing of
// it left, its records go. It runs again at every word of the engine until then.
func (a *App) tearDown(ctx context.Context, p picture) error {
	if err := a.refreshRoutes(ctx, p.instance.ID); err != nil {
		return err
	}
	if p.moving != nil {
		if err := a.Processes.Stop(ctx, phaseID(p.moving.ID)); err != nil {
			return fmt.Errorf("stop the release process: %w", err)
		}
	}
	if err := a.stopRunsOf(ctx, p.instance.ID); err != nil {
		return err
	}
	if len(a.state.refs(p.instance.ID)) > 0 {
		return a.removeOthers(ctx, p.instance.ID, func(WorkloadRef) bool { return false })
	}
	if !p.known {
		return nil
	}
	if err := a.Workloads.Purge(ctx, p.instance.ID); err != nil {
		return fmt.Errorf("purge instance %s: %w", p.instance.ID, err)
	}
	logs, err := a.eraseInstance(ctx, p.instance)
	if err != nil {
		return err
	}
	a.tidy()
	return a.dropLogs(ctx, logs)
}

// stopRunsOf ends the task runs and the detached runs of a deleted instance.
func (a *App) stopRunsOf(ctx context.Context, instance ID[Instance]) error {
	var going []ProcessID
	err := a.read(ctx, func(r Reader) error {
		for run, err := range r.TaskRuns().By(TaskRunInRelease, string(instance)) {
			if err != nil {
				return err
			}
			going = append(going, taskProcess(run))
		}
		for run, err := range r.Runs().By(RunGoing, string(instance)) {
			if err != nil {
				return err
			}
			if run.Detached {
				going = append(going, run.process())
			}
		}
		return nil
	})
	for _, id := range going {
		err = errors.Join(err, a.Processes.Forget(ctx, id))
	}
	if err != nil {
		return fmt.Errorf("stop the runs of instance %s: %w", instance, err)
	}
	return nil
}

// eraseInstance deletes the records of an instance, and of its site when that is
// deleted too and this was its last. It returns the logs that belonged to them.
func (a *App) eraseInstance(ctx context.Context, instance Instance) ([]LogName, error) {
	var logs []LogName
	err := a.update(ctx, func(tx Tx) error {
		var err error
		kept, err := instanceLogs(tx.Reader(), instance.ID)
		if err != nil {
			return err
		}
		for _, log := range kept {
			logs = append(logs, log.Name)
		}
		if err := deleteInstance(tx, instance); err != nil {
			return err
		}
		siteLogs, err := eraseSite(tx, instance.Site)
		logs = append(logs, siteLogs...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("erase instance %s: %w", instance.ID, err)
	}
	return logs, nil
}

func deleteInstance(tx Tx, instance Instance) error {
	id := string(instance.ID)
	services, err := gather(tx.Services().By(ServiceByInstance, id), every[Service])
	if err != nil {
		return err
	}
	for _, service := range services {
		err = errors.Join(err, deleteAll(tx.Variables(), VariableByOwner, string(service.ID)))
	}
	return errors.Join(err,
		deleteAll(tx.Services(), ServiceByInstance, id),
		deleteAll(tx.Variables(), VariableByOwner, id),
		deleteAll(tx.Hosts(), HostByInstance, id),
		deleteAll(tx.Drains(), DrainByInstance, id),
		deleteAll(tx.Deployments(), DeploymentByInstance, id),
		deleteAll(tx.Releases(), ReleaseByInstance, id),
		deleteAll(tx.TaskRuns(), TaskRunByInstance, id),
		deleteAll(tx.Runs(), RunByInstance, id),
		deleteAll(tx.Events(), EventByInstance, id),
		deleteAll(tx.Alerts(), AlertByInstance, id),
		deleteAll(tx.Tasks(), TaskByInstance, id),
		tx.Instances().Delete(instance.ID),
	)
}

// eraseSite deletes the records of a deleted site that has no instance left, and
// returns the logs of its builds.
func eraseSite(tx Tx, id ID[Site]) ([]LogName, error) {
	site, err := tx.Sites().Get(id)
	if err != nil || site.Deleted.IsZero() {
		return nil, err
	}
	if _, err := tx.Instances().One(InstanceBySite, string(id)); !IsNotFound(err) {
		return nil, err
	}
	builds, err := gather(tx.Builds().By(BuildBySite, string(id)), every[Build])
	if err != nil {
		return nil, err
	}
	logs := make([]LogName, len(builds))
	for i, build := range builds {
		logs[i] = BuildLog(build.ID)
	}
	return logs, errors.Join(
		deleteAll(tx.Builds(), BuildBySite, string(id)),
		deleteAll(tx.Variables(), VariableByOwner, string(id)),
		deleteAll(tx.SiteUsers(), SiteUserBySite, string(id)),
		deleteReceivers(tx, ReceiverOwner{Site: id}),
		tx.Sites().Delete(id),
	)
}

func (a *App) dropLogs(ctx context.Context, logs []LogName) error {
	var failed error
	for _, log := range logs {
		failed = errors.Join(failed, a.Logs.Drop(ctx, log))
	}
	return failed
}
