package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"gondor/app"
	"gondor/web/api"
)

func siteName(n int) string { return fmt.Sprintf("site-%04d", n) }

// populate makes the sites from one number to another by the public API, as a client
// would, and waits until all of them run.
func (s *server) populate(ctx context.Context, from, to int) (time.Duration, error) {
	began := time.Now()
	group, making := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for n := from; n < to && making.Err() == nil; n++ {
		group.Go(func() error {
			if err := s.makeSite(making, n); err != nil {
				return fmt.Errorf("make %s: %w", siteName(n), err)
			}
			return nil
		})
	}
	err := group.Wait()
	if err == nil {
		err = s.awaitAll(ctx, to)
	}
	return time.Since(began), err
}

// makeSite makes a site, builds it and asks for its release.
func (s *server) makeSite(ctx context.Context, n int) error {
	kind, command := app.Worker, "sleep 1000000"
	if n < webSites {
		kind, command = app.Web, "$GONDOR static ."
	}
	site, err := s.client.CreateSite(ctx, api.NewSite{Name: siteName(n)})
	if err != nil {
		return err
	}
	instance, err := s.client.CreateInstance(ctx, api.NewInstance{Site: site.URL, Label: app.PrimaryLabel, Kind: app.Production})
	if err != nil {
		return err
	}
	if _, err := s.client.CreateService(ctx, api.NewService{Instance: instance.URL, Name: string(kind), Kind: kind}); err != nil {
		return err
	}
	built, err := s.build(ctx, instance, fmt.Sprintf("%s: %s\n", kind, command))
	if err != nil {
		return err
	}
	_, err = s.client.CreateRelease(ctx, api.NewRelease{Instance: instance.URL, Build: built.URL})
	return err
}

// build uploads a page and a Procfile and waits for the end of the build.
func (s *server) build(ctx context.Context, instance api.Instance, procfile string) (api.Build, error) {
	made, err := s.client.CreateBuild(ctx, api.NewBuild{Site: instance.Site, Instance: instance.URL})
	if err != nil {
		return made, err
	}
	source, err := pack(map[string]string{"Procfile": procfile, "index.html": "<h1>A site</h1>\n"})
	if err != nil {
		return made, err
	}
	if _, err := s.client.UploadSource(ctx, made.URL, source); err != nil {
		return made, err
	}
	for !made.State.Ended() {
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return made, err
		}
		if made, err = api.Get[api.Build](ctx, s.client, made.URL); err != nil {
			return made, err
		}
	}
	if made.State != app.BuildSucceeded {
		return made, fmt.Errorf("the build %s: %s", made.State, made.Message)
	}
	return made, nil
}

// pack makes a tar of files.
func pack(files map[string]string) (io.Reader, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for name, text := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(text))}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	return &out, w.Close()
}

// awaitAll waits until so many instances run.
func (s *server) awaitAll(ctx context.Context, count int) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		instances, err := s.client.Instances(ctx, "")
		if err != nil {
			return fmt.Errorf("list the instances: %w", err)
		}
		running := 0
		for _, one := range instances {
			if one.State == app.ServiceRunning {
				running++
			}
		}
		if running >= count {
			return nil
		}
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return fmt.Errorf("%d of %d instances run: %w", running, count, err)
		}
	}
}
