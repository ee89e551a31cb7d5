package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"gondor/app"
	"gondor/cli/progress"
	"gondor/web/api"
)

// What can become of an instance of deploy --all.
const (
	outcomeDeployed = "deployed"
	outcomeFailed   = "failed"
	outcomeSkipped  = "skipped"
)

// outcome is what became of one instance.
type outcome struct {
	Site     string `json:"site"` // "group/name"
	Instance string `json:"instance"`
	Outcome  string `json:"outcome"`
	Releases []int  `json:"releases"` // that were made and run now
	Message  string `json:"message"`  // why it failed or was skipped
}

// deployAll rebuilds what every instance runs and releases it, one instance after another.
// It goes on after a failure, and ends with exitFailed when there was any.
func (p *Program) deployAll(ctx context.Context) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	sites, err := p.namedSites(ctx)
	if err != nil {
		return err
	}
	instances, err := client.Instances(ctx, "")
	if err != nil {
		return err
	}
	outcomes := []outcome{}
	for _, instance := range instances {
		one := outcome{Site: sites[instance.Site], Instance: instance.Label, Releases: []int{}}
		p.rebuild(ctx, instance, &one)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		outcomes = append(outcomes, one)
		if err := p.tellOutcome(one); err != nil {
			return err
		}
	}
	return p.sumUp(outcomes)
}

// namedSites are the names of the sites that one may see, with their groups, by their urls.
func (p *Program) namedSites(ctx context.Context) (map[api.Reference]string, error) {
	groups, err := p.groupNames(ctx)
	if err != nil {
		return nil, err
	}
	sites, err := p.server.Sites(ctx, "")
	named := map[api.Reference]string{}
	for _, site := range sites {
		named[site.URL] = join(groups[site.ResourceGroup], site.Name)
	}
	return named, err
}

// rebuild builds once more what an instance runs, and releases it.
func (p *Program) rebuild(ctx context.Context, instance api.Instance, to *outcome) {
	err := p.rebuildReleases(ctx, instance, to)
	switch {
	case app.CodeOf(err) == app.CodeForbidden:
		to.Outcome, to.Message = outcomeSkipped, "your role does not allow to deploy it"
	case err != nil:
		to.Outcome, to.Message = outcomeFailed, message(err)
	case len(to.Releases) == 0:
		to.Outcome, to.Message = outcomeSkipped, "nothing has been deployed to it"
	default:
		to.Outcome = outcomeDeployed
	}
}

// rebuildReleases does so for each release that services of the instance run: most often
// that is one.
func (p *Program) rebuildReleases(ctx context.Context, instance api.Instance, to *outcome) error {
	services, err := p.server.Services(ctx, instance.URL)
	if err != nil {
		return err
	}
	releases, err := p.server.Releases(ctx, instance.URL)
	if err != nil {
		return err
	}
	for _, release := range slices.Backward(releases) {
		running := names(slices.DeleteFunc(slices.Clone(services), func(s api.Service) bool { return s.Release != release.Number }),
			func(s api.Service) string { return s.Name })
		if len(running) == 0 {
			continue
		}
		made, err := p.rebuildRelease(ctx, instance, release, running)
		if err != nil {
			return err
		}
		to.Releases = append(to.Releases, made.Number)
	}
	return nil
}

// rebuildRelease builds the source of a release and moves the services that run it there.
func (p *Program) rebuildRelease(ctx context.Context, instance api.Instance, of api.Release, services []string) (api.Release, error) {
	d := &deployment{program: p, client: p.server, instance: instance, display: progress.New(progress.Options{Out: io.Discard})}
	defer d.display.Close()
	d.config.Deploy.Services = services
	built, err := d.adopt(ctx, api.NewBuild{SourceOf: of.Build})
	if err != nil {
		return api.Release{}, err
	}
	return d.release(ctx, built)
}

// tellOutcome writes the line of an instance, for people.
func (p *Program) tellOutcome(o outcome) error {
	if p.flags.output == outputJSON {
		return nil
	}
	told := o.Message
	if o.Outcome == outcomeDeployed {
		numbers := make([]string, len(o.Releases))
		for i, number := range o.Releases {
			numbers[i] = fmt.Sprintf("v%d", number)
		}
		told = strings.Join(numbers, " and ") + " runs"
	}
	return p.say("%s %s: %s: %s", o.Site, o.Instance, o.Outcome, told)
}

// sumUp tells how many instances fared how.
func (p *Program) sumUp(outcomes []outcome) error {
	count := map[string]int{}
	for _, one := range outcomes {
		count[one.Outcome]++
	}
	err := p.made(outcomes, "%d instances: %d deployed, %d failed, %d skipped.",
		len(outcomes), count[outcomeDeployed], count[outcomeFailed], count[outcomeSkipped])
	if err == nil && count[outcomeFailed] > 0 {
		return exit{exitFailed}
	}
	return err
}
