package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) releaseRoutes() []route {
	return []route{
		show("/v2/releases/", "The releases of an instance, newest first", listReleases).needs("instance", "its url"),
		create("/v2/releases/", "Move services of an instance to a build, all or none", createRelease),
		create("/v2/releases/rollback/", "Make a release from an earlier one's build", rollback),
		show("/v2/releases/:id/", "One release", showRelease),
		act("/v2/releases/:id/cancel/", "Cancel a release that has not switched", cancelRelease),
		logOf("/v2/releases/:id/log/", "The output of the release process and what became of the services", releaseLog),
	}
}

func (c *call) release(r app.Release) (api.Release, error) {
	creator, err := c.person(r.Creator)
	if err != nil {
		return api.Release{}, err
	}
	build, err := c.App.Build(c.ctx(), c.who, r.Build)
	if err != nil && !app.IsNotFound(err) {
		return api.Release{}, err
	}
	services := r.Services
	if services == nil {
		services = []string{}
	}
	return api.Release{
		Instance: refer(c, "instances", r.Instance), Number: r.Number, Build: refer(c, "builds", r.Build),
		Ref: build.Ref, SHA: build.SHA, Services: services, Reason: r.Reason, Creator: creator.Name,
		State: r.State, Message: r.Message, Created: r.Created, Ended: moment(r.Ended), URL: refer(c, "releases", r.ID),
	}, nil
}

func listReleases(c *call) ([]api.Release, error) {
	instance, err := mustAsk[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	releases, err := c.App.Releases(c.ctx(), c.who, instance)
	return each(releases, err, c.release)
}

func createRelease(c *call, in api.NewRelease) (api.Release, error) {
	instance, err := required[app.Instance](c, "instance", "instances", in.Instance)
	if err != nil {
		return api.Release{}, err
	}
	build, err := required[app.Build](c, "build", "builds", in.Build)
	if err != nil {
		return api.Release{}, err
	}
	release, err := c.App.CreateRelease(c.ctx(), c.who, app.NewRelease{Instance: instance, Build: build, Services: in.Services})
	if err != nil {
		return api.Release{}, err
	}
	return c.release(release)
}

func rollback(c *call, in api.NewRollback) (api.Release, error) {
	instance, err := required[app.Instance](c, "instance", "instances", in.Instance)
	if err != nil {
		return api.Release{}, err
	}
	release, err := c.App.Rollback(c.ctx(), c.who, app.NewRollback{Instance: instance, To: in.To, WithEnv: in.WithEnv})
	if err != nil {
		return api.Release{}, err
	}
	return c.release(release)
}

func showRelease(c *call) (api.Release, error) {
	id, err := given[app.Release](c, "release")
	if err != nil {
		return api.Release{}, err
	}
	release, err := c.App.Release(c.ctx(), c.who, id)
	if err != nil {
		return api.Release{}, err
	}
	return c.release(release)
}

func cancelRelease(c *call) (api.Release, error) {
	id, err := given[app.Release](c, "release")
	if err != nil {
		return api.Release{}, err
	}
	release, err := c.App.CancelRelease(c.ctx(), c.who, id)
	if err != nil {
		return api.Release{}, err
	}
	return c.release(release)
}

func releaseLog(c *call, q app.LogQuery) (lines, error) {
	id, err := given[app.Release](c, "release")
	if err != nil {
		return nil, err
	}
	if _, err := c.App.Release(c.ctx(), c.who, id); err != nil {
		return nil, err
	}
	return c.App.ReleaseLog(c.ctx(), c.who, id, q), nil
}
