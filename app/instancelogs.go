package app

import (
	"regexp"
	"strconv"
)

// instanceLogs is App.InstanceLogs within a transaction.
func instanceLogs(r Reader, instance ID[Instance]) ([]InstanceLog, error) {
	var logs []InstanceLog
	for _, list := range []func(Reader, ID[Instance]) ([]InstanceLog, error){accessLogs, serviceLogs, releaseLogs, runLogs, taskRunLogs} {
		some, err := list(r, instance)
		if err != nil {
			return nil, err
		}
		logs = append(logs, some...)
	}
	return logs, nil
}

func accessLogs(_ Reader, instance ID[Instance]) ([]InstanceLog, error) {
	return []InstanceLog{{Name: AccessLog(instance), Kind: "access"}}, nil
}

func serviceLogs(r Reader, instance ID[Instance]) ([]InstanceLog, error) {
	var logs []InstanceLog
	for service, err := range r.Services().By(ServiceByInstance, string(instance)) {
		if err != nil {
			return nil, err
		}
		logs = append(logs, InstanceLog{Name: ServiceLog(service), Kind: "service", Service: service.Name})
	}
	return logs, nil
}

func releaseLogs(r Reader, instance ID[Instance]) ([]InstanceLog, error) {
	var logs []InstanceLog
	for release, err := range r.Releases().By(ReleaseByInstance, string(instance)) {
		if err != nil {
			return nil, err
		}
		logs = append(logs, InstanceLog{Name: ReleaseLog(release), Kind: "release", Release: release.Number, Ended: release.Ended})
	}
	return logs, nil
}

func runLogs(r Reader, instance ID[Instance]) ([]InstanceLog, error) {
	var logs []InstanceLog
	for run, err := range r.Runs().By(RunByInstance, string(instance)) {
		if err != nil {
			return nil, err
		}
		number, err := numberOfRelease(r, run.Release)
		if err != nil {
			return nil, err
		}
		logs = append(logs, InstanceLog{Name: runLog(run), Kind: "run", Service: run.Service, Release: number, Ended: run.Ended})
	}
	return logs, nil
}

func taskRunLogs(r Reader, instance ID[Instance]) ([]InstanceLog, error) {
	names := map[ID[ScheduledTask]]string{}
	for task, err := range r.Tasks().By(TaskByInstance, string(instance)) {
		if err != nil {
			return nil, err
		}
		names[task.ID] = task.Name
	}
	var logs []InstanceLog
	for run, err := range r.TaskRuns().By(TaskRunByInstance, string(instance)) {
		if err != nil {
			return nil, err
		}
		number, err := numberOfRelease(r, run.Release)
		if err != nil {
			return nil, err
		}
		logs = append(logs, InstanceLog{Name: taskRunLog(run), Kind: "task-run", Service: names[run.Task], Release: number, Ended: run.Ended})
	}
	return logs, nil
}

// numberOfRelease is the number of a release; 0 for none, and for one that is kept no more.
func numberOfRelease(r Reader, id ID[Release]) (int, error) {
	release, err := r.Releases().Get(id)
	if IsNotFound(err) {
		return 0, nil
	}
	return release.Number, err
}

// releaseInReplica is where engines put the number of the release into the ID of a replica.
var releaseInReplica = regexp.MustCompile(`^.*-v([0-9]+)(?:\.|-r)[0-9]+-`)

// ReleaseOf is the number of the release that wrote a line of the log; 0 when neither knows.
func (l InstanceLog) ReleaseOf(line LogLine) int {
	if found := releaseInReplica.FindStringSubmatch(line.Replica); found != nil {
		number, err := strconv.Atoi(found[1])
		if err == nil {
			return number
		}
	}
	return l.Release
}
