package ui

import (
	"fmt"
	"slices"
	"time"

	"gondor/app"
)

// deployView is a deploy that is on its way, from the build to the moment its services
// switch.
type deployView struct {
	Release *releaseRow // nil while it is being built
	Build   *app.Build
	Steps   []step
	Log     logView
}

// step is one part of a deploy.
type step struct {
	Name  string
	State stepState
	Note  string
	Since time.Time // when it began, for one that goes on; zero for the others
	Took  time.Duration
}

// stepState says where a step stands.
type stepState string

const (
	stepNext    stepState = "to come"
	stepNow     stepState = "now"
	stepDone    stepState = "done"
	stepSkipped stepState = "not needed"
)

// deployOf finds what is on its way to an instance: the release whose turn it is, else
// its newest build while that goes on.
func (d *dashboard) deployOf(c *call, status app.InstanceStatus, releases []app.Release) (*deployView, error) {
	for _, release := range slices.Backward(releases) { // the oldest has its turn
		if release.State.Moving() {
			return d.movingRelease(c, status, release)
		}
	}
	builds, err := d.app.Builds(c.Context(), c.who, app.BuildFilter{Instance: status.ID, Limit: 1})
	if err != nil || len(builds) == 0 || builds[0].State.Ended() {
		return nil, err
	}
	return d.movingBuild(c, builds[0])
}

func (d *dashboard) movingRelease(c *call, status app.InstanceStatus, release app.Release) (*deployView, error) {
	row, build, err := d.releaseRow(c, status, release)
	if err != nil {
		return nil, err
	}
	log, err := readLog(fmt.Sprintf("Log of v%d", row.Number), releasePath(row.ID)+"/log", false,
		d.app.ReleaseLog(c.Context(), c.who, row.ID, app.LogQuery{Last: shownLines}))
	return &deployView{Release: &row, Steps: releaseSteps(status, release, build), Log: log}, err
}

func (d *dashboard) movingBuild(c *call, build app.Build) (*deployView, error) {
	place, err := d.app.QueuePlace(c.Context(), c.who, build.ID)
	if err != nil {
		return nil, err
	}
	log, err := readLog("Log of the build", buildPath(build.ID)+"/log", false,
		d.app.BuildLog(c.Context(), c.who, build.ID, app.LogQuery{Last: shownLines}))
	return &deployView{Build: &build, Steps: buildSteps(build, place), Log: log}, err
}

// buildSteps are those of a deploy that is being built.
func buildSteps(build app.Build, place int) []step {
	first := step{Name: "Build", State: stepNow, Since: build.Started}
	switch build.State {
	case app.BuildWaiting:
		first.Note, first.Since = "waits for its source", build.Created
	case app.BuildQueued:
		first.Note, first.Since = fmt.Sprintf("number %d in the queue", place), build.Queued
	}
	return []step{first, {Name: "Release process", State: stepNext}, {Name: "Start", State: stepNext}, {Name: "Active", State: stepNext}}
}

// releaseSteps are those of a release that moves.
func releaseSteps(status app.InstanceStatus, release app.Release, build app.Build) []step {
	steps := []step{buildStep(release, build), phaseStep(release, build), startStep(status, release), {Name: "Active", State: stepNext}}
	if release.State == app.ReleasePending {
		steps[0].Note = "waits for its turn"
	}
	return steps
}

func buildStep(release app.Release, build app.Build) step {
	one := step{Name: "Build", State: stepDone, Took: took(build.Started, build.Ended)}
	if !release.RunPhase {
		one.State, one.Took = stepSkipped, 0
	}
	return one
}

func phaseStep(release app.Release, build app.Build) step {
	one := step{Name: "Release process", State: stepNext}
	_, has := build.Plan.Processes[app.ReleaseProcess]
	switch {
	case build.ID != "" && (!has || !release.RunPhase):
		one.State = stepSkipped
	case release.State == app.ReleasePreparing:
		one.State, one.Since = stepNow, release.Created
	case release.State == app.ReleaseStarting:
		one.State, one.Took = stepDone, took(release.Created, release.Started)
	}
	return one
}

func startStep(status app.InstanceStatus, release app.Release) step {
	if release.State != app.ReleaseStarting {
		return step{Name: "Start", State: stepNext}
	}
	return step{Name: "Start", State: stepNow, Since: release.Started, Note: healthyOf(status, release)}
}

// healthyOf counts the replicas of a release: "1 of 2 healthy".
func healthyOf(status app.InstanceStatus, release app.Release) string {
	healthy, wanted := 0, 0
	for _, service := range status.Services {
		if !slices.Contains(release.Services, service.Name) {
			continue
		}
		wanted += service.Service.Replicas
		for _, replica := range service.Replicas {
			if replica.Ref.Release == release.Number && replica.State == app.ReplicaHealthy {
				healthy++
			}
		}
	}
	return fmt.Sprintf("%d of %d healthy", healthy, wanted)
}

// took is how long something lasted, 0 when it did not begin or end.
func took(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return to.Sub(from)
}
