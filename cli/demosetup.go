package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gondor/app"
	"gondor/cli/demosite"
	"gondor/web/api"
)

// demoName is the site's name.
const demoName = "demo"

// demoPassword makes the admin of an empty store, and keeps the password beside the
// store for the next start of the demo.
func (s *server) demoPassword(ctx context.Context, wanted string) (string, error) {
	path := filepath.Join(s.options.data, "demo-password")
	kept, err := os.ReadFile(path)
	if err == nil {
		wanted = string(kept)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the password of the demo: %w", err)
	}
	if wanted == "" {
		wanted = app.RandomSecret()
	}
	used, err := s.app.Bootstrap(ctx, wanted)
	switch {
	case err != nil:
		return "", err
	case used == "" && kept == nil:
		return "", app.Conflict("", "%s belongs to a server, not to a demo; name another directory with --data", s.options.data)
	case used == "":
		return wanted, nil
	}
	return used, os.WriteFile(path, []byte(used), 0o600)
}

// present deploys the site unless it is there, and prints where everything is.
func (p *Program) present(ctx context.Context, s *server, password string) error {
	p.server = api.NewClient(api.Options{URL: s.url, Name: "gondor " + version(), HTTP: s.transport()})
	if _, err := p.server.SignIn(ctx, "admin", password); err != nil {
		return fmt.Errorf("sign in to the demo: %w", err)
	}
	instance, err := p.demoInstance(ctx)
	if err != nil {
		return err
	}
	if err := p.deployDemo(ctx, instance); err != nil {
		return err
	}
	for _, at := range []string{s.url.String() + "/", instance.WebURL} {
		if err := answers(ctx, s.transport(), at); err != nil {
			return err
		}
	}
	return p.say("dashboard  %s/\nsite  %s\nuser  admin\npassword  %s", s.url, slashed(instance.WebURL), password)
}

func slashed(at string) string { return strings.TrimSuffix(at, "/") + "/" }

// demoInstance finds the demo's site, or makes it.
func (p *Program) demoInstance(ctx context.Context) (api.Instance, error) {
	site, err := p.server.FindSite(ctx, "", demoName)
	if err == nil {
		return p.server.FindInstance(ctx, site.URL, app.PrimaryLabel)
	}
	if !app.IsNotFound(err) {
		return api.Instance{}, err
	}
	if site, err = p.server.CreateSite(ctx, api.NewSite{Name: demoName}); err != nil {
		return api.Instance{}, err
	}
	instance, err := p.server.CreateInstance(ctx, api.NewInstance{Site: site.URL, Label: app.PrimaryLabel, Kind: app.Production})
	if err != nil {
		return instance, err
	}
	for _, kind := range []app.ServiceKind{app.Web, app.Worker} {
		if _, err := p.server.CreateService(ctx, api.NewService{Instance: instance.URL, Name: string(kind), Kind: kind}); err != nil {
			return instance, err
		}
	}
	return instance, nil
}

// deployDemo deploys the site by the way that everybody's takes, unless it ran before.
func (p *Program) deployDemo(ctx context.Context, instance api.Instance) error {
	web, err := p.server.FindService(ctx, instance.URL, string(app.Web))
	if err != nil || web.Release > 0 {
		return err
	}
	d := &deployment{program: p, client: p.server, instance: instance}
	return d.run(ctx, func() error {
		made, err := d.client.CreateBuild(ctx, api.NewBuild{Instance: instance.URL, Site: instance.Site, Ref: "main"})
		if err != nil {
			return err
		}
		reader, writer := io.Pipe()
		go func() { _ = writer.CloseWithError(demosite.Source(writer)) }() // never fails
		endpoint, err := d.client.UploadSource(ctx, made.URL, reader)
		if err != nil {
			return errors.Join(err, reader.Close())
		}
		if made, err = d.watchBuild(ctx, made, endpoint); err != nil {
			return err
		}
		_, err = d.release(ctx, made)
		return err
	})
}

// transport reaches the server by its listener, whatever name a URL has: not every
// machine resolves names below localhost.
func (s *server) transport() *http.Transport {
	address := s.listener.Addr().String()
	if host, port, err := net.SplitHostPort(address); err == nil && net.ParseIP(host).IsUnspecified() {
		address = net.JoinHostPort("localhost", port)
	}
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}}
}

// answers waits until a URL does.
func answers(ctx context.Context, transport *http.Transport, at string) error {
	defer transport.CloseIdleConnections()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
		if err != nil {
			return fmt.Errorf("ask %s: %w", at, err)
		}
		response, err := (&http.Client{Transport: transport}).Do(request)
		if err == nil {
			if err := response.Body.Close(); err != nil {
				return fmt.Errorf("ask %s: %w", at, err)
			}
			if response.StatusCode < http.StatusInternalServerError {
				return nil
			}
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}
