package kills

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"gondor/app"
	"gondor/web/api"
)

// installation is a server with a site, as its developer sees it.
type installation struct {
	*server
	client   *api.Client
	http     *http.Client
	instance api.Instance
}

// services are those of the site, by their kind.
var services = map[string]app.ServiceKind{"web": app.Web, "worker": app.Worker, "beat": app.Worker}

// install starts a server and makes a site on it.
func install(s *server) *installation {
	s.Helper()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.address)
	}}
	_, port, err := net.SplitHostPort(s.address)
	s.ok(err)
	i := &installation{server: s, http: &http.Client{Transport: transport, Timeout: patience}}
	i.client = api.NewClient(api.Options{URL: &url.URL{Scheme: "http", Host: "localhost:" + port}, HTTP: transport})
	ctx := s.Context()
	ask(s, func() (api.Grant, error) { return i.client.SignIn(ctx, "admin", password) })
	made, err := i.client.CreateSite(ctx, api.NewSite{Name: "shop"})
	s.ok(err)
	i.instance, err = i.client.CreateInstance(ctx, api.NewInstance{Site: made.URL, Label: app.PrimaryLabel, Kind: app.Production})
	s.ok(err)
	for name, kind := range services {
		_, err := i.client.CreateService(ctx, api.NewService{Instance: i.instance.URL, Name: name, Kind: kind})
		s.ok(err)
	}
	return i
}

// ask asks the server until it is there to answer.
func ask[T any](s *server, question func() (T, error)) T {
	s.Helper()
	var answer T
	s.until("the server answers", func() string {
		var err error
		answer, err = question()
		if app.CodeOf(err) == app.CodeUnavailable {
			return err.Error()
		}
		s.ok(err)
		return ""
	})
	return answer
}

// deploy brings the site to the instance whatever becomes of the server meanwhile, and
// returns how that ended: the release, or a zero one and the build that failed.
func (i *installation) deploy() (api.Build, api.Release) {
	i.Helper()
	build := i.build()
	if build.State != app.BuildSucceeded {
		return build, api.Release{}
	}
	release := i.release(build)
	i.until("the release has ended", func() string {
		release = ask(i.server, func() (api.Release, error) { return api.Get[api.Release](i.Context(), i.client, release.URL) })
		if release.State.Moving() {
			return "it is " + string(release.State)
		}
		return ""
	})
	return build, release
}

// build sends the source, again if need be, and returns the build when it has ended.
func (i *installation) build() api.Build {
	i.Helper()
	build := ask(i.server, func() (api.Build, error) {
		return i.client.CreateBuild(i.Context(), api.NewBuild{Site: i.instance.Site, Instance: i.instance.URL})
	})
	i.until("the build has ended", func() string {
		build = ask(i.server, func() (api.Build, error) { return api.Get[api.Build](i.Context(), i.client, build.URL) })
		if build.State == app.BuildWaiting {
			_, err := i.client.UploadSource(i.Context(), build.URL, source())
			return fmt.Sprint("its source was sent: ", err)
		}
		if !build.State.Ended() {
			return "it is " + string(build.State)
		}
		return ""
	})
	return build
}

// release asks for a release of the build, unless a server that was killed has made it
// and could not say so.
func (i *installation) release(of api.Build) api.Release {
	i.Helper()
	return ask(i.server, func() (api.Release, error) {
		for _, made := range i.releases() {
			if made.Build == of.URL {
				return made, nil
			}
		}
		return i.client.CreateRelease(i.Context(), api.NewRelease{Instance: i.instance.URL, Build: of.URL})
	})
}

// releases lists the releases, the newest first.
func (i *installation) releases() []api.Release {
	i.Helper()
	return ask(i.server, func() ([]api.Release, error) { return i.client.Releases(i.Context(), i.instance.URL) })
}

func (i *installation) builds() []api.Build {
	i.Helper()
	return ask(i.server, func() ([]api.Build, error) {
		return i.client.Builds(i.Context(), api.BuildFilter{Site: i.instance.Site})
	})
}

// source is the site as a tar. What it says of a buildpack gives its build a step.
func source() io.Reader {
	var buffer bytes.Buffer
	archive := tar.NewWriter(&buffer)
	files := map[string]string{"gondor.yml": "buildpack: old\n", "Procfile": "release: exec " + site + " release\n"}
	for name := range services {
		files["Procfile"] += fmt.Sprintf("%s: exec %s %s\n", name, site, name)
	}
	for name, text := range files {
		_ = archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg, ModTime: time.Unix(0, 0)})
		_, _ = archive.Write([]byte(text)) // a buffer takes everything
	}
	_ = archive.Close()
	return &buffer
}

// page is what the instance's host answers.
func (i *installation) page() (string, error) {
	response, err := i.http.Get(i.instance.WebURL)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		return "", err
	}
	return string(body), err
}
