package web

import (
	"time"

	"gondor/app"
	"gondor/web/api"
)

func (s *server) runRoutes() []route {
	return []route{
		create("/v2/services/:id/run/", "Prepare a one-off process, which starts when its endpoint is joined, or at once when it is detached", runInService),
		show("/v2/runs/", "Who ran what in an instance, newest first", listRuns).needs("instance", "its url").asks("limit", "only the newest so many"),
		show("/v2/runs/:id/", "One run", showRun),
		act("/v2/runs/:id/stop/", "Stop a run", stopRun),
		logOf("/v2/runs/:id/log/", "What a detached run has written, and how it ended", runLog),
	}
}

func (c *call) run(r app.Run) (api.Run, error) {
	person, err := c.person(r.User)
	if err != nil {
		return api.Run{}, err
	}
	wire := api.Run{
		Instance: refer(c, "instances", r.Instance), Service: r.Service, User: person.Name, Command: r.Command, Size: r.Size,
		TimeLimit: int(r.TimeLimit / time.Second), Detached: r.Detached, State: r.State, Code: exitCode(r.Exit), Message: r.Message,
		Created: r.Created, Started: moment(r.Started), Ended: moment(r.Ended), URL: refer(c, "runs", r.ID),
	}
	wire.Release, err = c.releaseNumber(r.Release)
	return wire, err
}

// exitCode is the code of a process that was seen to end, nil for others.
func exitCode(exit app.Exit) *int {
	if exit.Ended.IsZero() {
		return nil
	}
	return &exit.Code
}

// releaseNumber is the number of a release, 0 for none and for one that is kept no more.
func (c *call) releaseNumber(id app.ID[app.Release]) (int, error) {
	if id == "" {
		return 0, nil
	}
	release, err := c.App.Release(c.ctx(), c.who, id)
	if app.IsNotFound(err) {
		return 0, nil
	}
	return release.Number, err
}

func runInService(c *call, in api.NewRun) (api.Endpoint, error) {
	id, err := given[app.Service](c, "service")
	if err != nil {
		return api.Endpoint{}, err
	}
	run, path, err := c.App.RunProcess(c.ctx(), c.who, app.NewRun{
		Service: id, Command: in.Command, Size: in.Size, TimeLimit: seconds(in.TimeLimit), Detached: in.Detach,
	})
	if err != nil {
		return api.Endpoint{}, err
	}
	answer := api.Endpoint{Run: optional(c, "runs", run.ID)}
	if path != "" {
		answer.Endpoint = c.endpoint(path).Endpoint
	}
	return answer, nil
}

func listRuns(c *call) ([]api.Run, error) {
	instance, limit, err := newestOf[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	runs, err := c.App.Runs(c.ctx(), c.who, instance, limit)
	return each(runs, err, c.run)
}

func showRun(c *call) (api.Run, error) {
	id, err := given[app.Run](c, "run")
	if err != nil {
		return api.Run{}, err
	}
	run, err := c.App.OneRun(c.ctx(), c.who, id)
	if err != nil {
		return api.Run{}, err
	}
	return c.run(run)
}

func stopRun(c *call) (api.Run, error) {
	id, err := given[app.Run](c, "run")
	if err != nil {
		return api.Run{}, err
	}
	run, err := c.App.StopRun(c.ctx(), c.who, id)
	if err != nil {
		return api.Run{}, err
	}
	return c.run(run)
}

func runLog(c *call, q app.LogQuery) (lines, error) {
	id, err := given[app.Run](c, "run")
	if err != nil {
		return nil, err
	}
	if _, err := c.App.OneRun(c.ctx(), c.who, id); err != nil {
		return nil, err
	}
	return c.App.RunLog(c.ctx(), c.who, id, q), nil
}
