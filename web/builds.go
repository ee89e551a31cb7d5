package web

import (
	"io"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"gondor/app"
	"gondor/web/api"
)

func (s *server) buildRoutes() []route {
	upload := answering(http.MethodPut, "/v2/builds/:id/", "Upload the source, a tar, gzipped or plain, and queue the build", http.StatusOK, uploadSource)
	upload.in, upload.sends = reflect.TypeFor[[]byte](), "application/x-tar"
	return []route{
		show("/v2/builds/", "The builds that one may see", listBuilds).
			asks("site", "only those of this site, by its url", "instance", "only those of this instance, by its url", "limit", "only the newest so many, newest first"),
		create("/v2/builds/", "Announce a build, or have one made of an image", createBuild),
		show("/v2/builds/:id/", "One build", showBuild),
		upload,
		act("/v2/builds/:id/attach/", "Follow the output of a build by an endpoint", attachBuild),
		act("/v2/builds/:id/cancel/", "Cancel a build", cancelBuild),
		logOf("/v2/builds/:id/log/", "The output of a build", buildLog),
	}
}

func (c *call) build(b app.Build) (api.Build, error) {
	creator, err := c.person(b.Creator)
	if err != nil {
		return api.Build{}, err
	}
	place := 0
	if b.State == app.BuildQueued {
		if place, err = c.App.QueuePlace(c.ctx(), c.who, b.ID); err != nil {
			return api.Build{}, err
		}
	}
	processes := b.Plan.Processes
	if processes == nil {
		processes = map[string]string{}
	}
	return api.Build{
		Site: refer(c, "sites", b.Site), Instance: optional(c, "instances", b.Instance), Label: b.Label,
		Ref: b.Ref, SHA: b.SHA, Image: b.Image, Creator: creator.Name, State: b.State, Message: b.Message, QueuePlace: place,
		Language: b.Plan.Language, Processes: processes,
		Created: b.Created, Started: moment(b.Started), Ended: moment(b.Ended), URL: refer(c, "builds", b.ID),
	}, nil
}

// moment returns nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func listBuilds(c *call) ([]api.Build, error) {
	site, err := asked[app.Site](c, "site", "sites")
	if err != nil {
		return nil, err
	}
	instance, err := asked[app.Instance](c, "instance", "instances")
	if err != nil {
		return nil, err
	}
	limit, err := c.number("limit")
	if err != nil {
		return nil, err
	}
	builds, err := c.App.Builds(c.ctx(), c.who, app.BuildFilter{Site: site, Instance: instance, Limit: int(limit)})
	return each(builds, err, c.build)
}

// number returns a parameter that counts, 0 when it is not given.
func (c *call) number(name string) (uint64, error) {
	text := c.QueryParam(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, app.Invalid(name, "%q is not a whole number from 0 on", text)
	}
	return n, nil
}

func createBuild(c *call, in api.NewBuild) (api.Build, error) {
	site, err := referred[app.Site](c, "site", "sites", in.Site)
	if err != nil {
		return api.Build{}, err
	}
	instance, err := referred[app.Instance](c, "instance", "instances", in.Instance)
	if err != nil {
		return api.Build{}, err
	}
	sourceOf, err := referred[app.Build](c, "source_of", "builds", in.SourceOf)
	if err != nil {
		return api.Build{}, err
	}
	if site == "" && instance == "" {
		return api.Build{}, app.Invalid("site", "is missing; give the url of one of the sites")
	}
	build, err := c.App.CreateBuild(c.ctx(), c.who, app.NewBuild{
		Site: site, Instance: instance, Label: in.Label, Ref: in.Ref, SHA: in.SHA, Image: in.Image, SourceOf: sourceOf, BuildpackURL: in.BuildpackURL,
	})
	if err != nil {
		return api.Build{}, err
	}
	return c.build(build)
}

func showBuild(c *call) (api.Build, error) {
	id, err := given[app.Build](c, "build")
	if err != nil {
		return api.Build{}, err
	}
	build, err := c.App.Build(c.ctx(), c.who, id)
	if err != nil {
		return api.Build{}, err
	}
	return c.build(build)
}

// uploadSource streams the body to where sources are kept, which has its own limits.
func uploadSource(c *call) (api.Endpoint, error) {
	id, err := given[app.Build](c, "build")
	if err != nil {
		return api.Endpoint{}, err
	}
	body := &tracked{Reader: c.Request().Body}
	path, err := c.App.UploadBuild(c.ctx(), c.who, id, body)
	if err != nil && body.begun {
		c.dropRest(body)
	}
	return c.endpoint(path), err
}

// tracked knows whether somebody has begun to read.
type tracked struct {
	io.Reader
	begun bool
}

func (t *tracked) Read(p []byte) (int, error) {
	t.begun = true
	return t.Reader.Read(p)
}

// How much of a refused source is still taken, so that the client, which is sending it,
// gets to read why.
const (
	restSize = 64 << 20
	restTime = 10 * time.Second
)

func (c *call) dropRest(body io.Reader) {
	c.Response().Header().Set("Connection", "close")
	control := http.NewResponseController(c.Response())
	if control.SetReadDeadline(time.Now().Add(restTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, body, restSize) // whatever happens, the answer comes next
}

func attachBuild(c *call) (api.Endpoint, error) {
	id, err := given[app.Build](c, "build")
	if err != nil {
		return api.Endpoint{}, err
	}
	path, err := c.App.AttachBuild(c.ctx(), c.who, id)
	return c.endpoint(path), err
}

func cancelBuild(c *call) (api.Build, error) {
	id, err := given[app.Build](c, "build")
	if err != nil {
		return api.Build{}, err
	}
	build, err := c.App.CancelBuild(c.ctx(), c.who, id)
	if err != nil {
		return api.Build{}, err
	}
	return c.build(build)
}

func buildLog(c *call, q app.LogQuery) (lines, error) {
	id, err := given[app.Build](c, "build")
	if err != nil {
		return nil, err
	}
	if _, err := c.App.Build(c.ctx(), c.who, id); err != nil {
		return nil, err
	}
	return c.App.BuildLog(c.ctx(), c.who, id, q), nil
}
