package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"gondor/app"
	"gondor/web/api"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// recent is how many builds of an instance are looked at for one that is on its way.
const recent = 20

// work is what is on its way to an instance.
type work struct {
	building []api.Build   // that have not ended, newest first
	built    *api.Build    // the newest build, when it succeeded and was never released
	moving   []api.Release // newest first
}

func (w work) empty() bool { return len(w.building) == 0 && len(w.moving) == 0 && w.built == nil }

// ongoing finds what is on its way to the instance.
func (d *deployment) ongoing(ctx context.Context) (work, error) {
	var w work
	releases, err := d.client.Releases(ctx, d.instance.URL)
	if err != nil {
		return w, err
	}
	released := map[api.Reference]bool{}
	for _, r := range releases {
		released[r.Build] = true
		if r.State.Moving() {
			w.moving = append(w.moving, r)
		}
	}
	builds, err := d.client.Builds(ctx, api.BuildFilter{Instance: d.instance.URL, Limit: recent})
	for i, b := range builds {
		switch {
		case !b.State.Ended():
			w.building = append(w.building, b)
		case i == 0 && b.State == app.BuildSucceeded && !released[b.URL]:
			w.built = &b
		}
	}
	return w, err
}

// deployAttach watches the newest deploy of the instance: its build, which it then
// releases as the deploy would have, or its release.
func (p *Program) deployAttach(ctx context.Context) error {
	d, w, err := p.underWay(ctx)
	if err != nil {
		return err
	}
	return d.run(ctx, func() error {
		switch {
		case len(w.building) > 0:
			return d.attachBuild(ctx, w.building[0])
		case w.built != nil:
			return d.tell(d.release(ctx, *w.built))
		default:
			return d.tell(d.watchRelease(ctx, w.moving[0]))
		}
	})
}

// underWay finds the instance and what is on its way there; nothing is an error.
func (p *Program) underWay(ctx context.Context) (*deployment, work, error) {
	label, err := p.instanceLabel(ctx)
	if err != nil {
		return nil, work{}, err
	}
	d, err := p.deployTo(ctx, label)
	if err != nil {
		return nil, work{}, err
	}
	w, err := d.ongoing(ctx)
	if err == nil && w.empty() {
		err = app.Fault(app.CodeNotFound, "nothing is on its way to the instance %s", label)
	}
	return d, w, err
}

func (d *deployment) attachBuild(ctx context.Context, b api.Build) error {
	if b.State == app.BuildWaiting {
		return app.Fault(app.CodeConflict, "the source of the build of %s has not arrived yet; try again when it has", b.Creator)
	}
	d.remains = remainsBuild
	endpoint, err := d.client.AttachBuild(ctx, b.URL)
	if err != nil {
		return err
	}
	if b, err = d.watchBuild(ctx, b, endpoint); err != nil {
		return err
	}
	w, err := d.ongoing(ctx)
	if err != nil {
		return err
	}
	for _, r := range w.moving { // somebody else watched the build too
		if r.Build == b.URL {
			return d.tell(d.watchRelease(ctx, r))
		}
	}
	return d.tell(d.release(ctx, b))
}

// origin says what a build is made of.
func origin(b api.Build) string {
	if b.Image != "" {
		return b.Image
	}
	return fmt.Sprintf("%s (%s)", b.Ref, short(b.SHA))
}

// deployCancel ends the newest deploy of the instance.
func (p *Program) deployCancel(ctx context.Context) error {
	d, w, err := p.underWay(ctx)
	switch {
	case err != nil:
		return err
	case len(w.building) > 0:
		b, err := d.client.CancelBuild(ctx, w.building[0].URL)
		if err != nil {
			return err
		}
		return p.made(b, "Cancelled the build of %s. Nothing has changed.", origin(b))
	case len(w.moving) > 0:
		r, err := d.client.CancelRelease(ctx, w.moving[0].URL)
		if err != nil {
			return err
		}
		return p.made(r, "Cancelled v%d. What ran before serves on.", r.Number)
	}
	return app.Fault(app.CodeNotFound, "nothing is on its way to the instance %s; its newest build was never released, and stays so", d.instance.Label)
}
