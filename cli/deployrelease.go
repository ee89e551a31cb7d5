package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gondor/app"
	"gondor/web/api"
)

// compare warns where the process types of a build and the services of the instance do
// not meet.
func (d *deployment) compare(ctx context.Context, b api.Build) error {
	services, err := d.client.Services(ctx, d.instance.URL)
	if err != nil {
		return err
	}
	for _, text := range mismatches(b.Processes, names(services, func(s api.Service) string { return s.Name })) {
		d.display.Print("warning: %s", text)
	}
	return nil
}

// mismatches says which process types no service runs, and which services have no
// process type.
func mismatches(processes map[string]string, services []string) []string {
	var texts []string
	for _, name := range sortedKeys(processes) {
		if name != app.ReleaseProcess && !slices.Contains(services, name) {
			kind := app.Worker
			if name == string(app.Web) {
				kind = app.Web
			}
			texts = append(texts, fmt.Sprintf("no service runs the process type %s; make one with: gondor services create %s --name %s", name, kind, name))
		}
	}
	for _, name := range services {
		if _, there := processes[name]; !there {
			texts = append(texts, fmt.Sprintf("the service %s has no process type of that name, and is left as it is", name))
		}
	}
	return texts
}

// release moves the services of gondor.yml to a build, and watches until that is done.
func (d *deployment) release(ctx context.Context, b api.Build) (api.Release, error) {
	made, err := d.client.CreateRelease(ctx, api.NewRelease{Instance: d.instance.URL, Build: b.URL, Services: d.config.Deploy.Services})
	if err != nil {
		return made, err
	}
	return d.watchRelease(ctx, made)
}

// watchRelease shows what becomes of a release until it is active, and returns it, or
// has failed.
func (d *deployment) watchRelease(ctx context.Context, r api.Release) (api.Release, error) {
	d.remains = remainsRelease
	d.display.Step(fmt.Sprintf("Release v%d", r.Number))
	at := r.URL // of its own: r changes while the output flows
	output := func(ctx context.Context) error { return d.logOutput(ctx, at) }
	err := d.follow(ctx, output, func(ctx context.Context) (bool, error) {
		now, err := api.Get[api.Release](ctx, d.client, at)
		if err != nil {
			return false, err
		}
		r = now
		if !r.State.Moving() {
			return true, nil
		}
		detail, err := d.releaseDetail(ctx, r)
		if err == nil {
			d.display.Detail(detail)
		}
		return false, err
	})
	switch {
	case err != nil:
		return r, err
	case r.State == app.ReleaseFailed:
		return r, app.Fault(app.CodeFailed, "v%d failed. %s", r.Number, r.Message)
	case r.State == app.ReleaseCancelled:
		return r, app.Fault(app.CodeFailed, "v%d was cancelled; nothing that runs has changed. %s", r.Number, r.Message)
	}
	d.display.Done()
	return r, nil
}

// tell says where a release runs that did not fail.
func (d *deployment) tell(r api.Release, err error) error {
	if err != nil {
		return err
	}
	return d.program.made(r, "v%d runs at %s", r.Number, d.instance.WebURL)
}

// releaseDetail says what a release does now, or whom it waits for.
func (d *deployment) releaseDetail(ctx context.Context, r api.Release) (string, error) {
	switch r.State {
	case app.ReleasePending:
		releases, err := d.client.Releases(ctx, d.instance.URL)
		return waitsFor(r, releases), err
	case app.ReleasePreparing:
		return "its release process runs", nil
	}
	services, err := d.client.Services(ctx, d.instance.URL)
	return healthOf(r, services), err
}

// waitsFor names the release whose turn it is before a pending one; the releases are
// listed with the newest first.
func waitsFor(r api.Release, releases []api.Release) string {
	for _, other := range slices.Backward(releases) {
		if other.Number < r.Number && other.State.Moving() {
			return fmt.Sprintf("waits for v%d of %s, which is %s", other.Number, other.Creator, other.State)
		}
	}
	return ""
}

// healthOf counts the healthy replicas of a release.
func healthOf(r api.Release, services []api.Service) string {
	var parts []string
	for _, s := range services {
		if !slices.Contains(r.Services, s.Name) {
			continue
		}
		healthy := 0
		for _, replica := range s.Processes {
			if replica.Release == r.Number && replica.State == app.ReplicaHealthy {
				healthy++
			}
		}
		parts = append(parts, fmt.Sprintf("%s %d of %d healthy", s.Name, healthy, s.DesiredReplicas))
	}
	return strings.Join(parts, ", ")
}
