package cli

import (
	"cmp"
	"context"
	"strings"

	"gondor/app"
	"gondor/build"
	"gondor/web/api"
)

// findSite returns the site that --site names, or gondor.yml.
func (p *Program) findSite(ctx context.Context) (api.Site, error) {
	client, err := p.client()
	if err != nil {
		return api.Site{}, err
	}
	group, name, err := p.siteName()
	if err != nil {
		return api.Site{}, err
	}
	reference, err := p.findGroup(ctx, group)
	if err != nil {
		return api.Site{}, err
	}
	site, err := client.FindSite(ctx, reference, name)
	if app.IsNotFound(err) {
		return site, app.Fault(app.CodeNotFound, "there is no site %s that you may see; gondor sites list shows those that there are", join(group, name))
	}
	return site, err
}

// siteName is the group, "" for one's own, and the name of the site that is meant.
func (p *Program) siteName() (group, name string, err error) {
	given := p.flags.site
	if given == "" {
		config, err := p.siteConfig()
		if err != nil {
			return "", "", err
		}
		given = config.Site
	}
	if given == "" {
		return "", "", usage("no site is named: go to a directory with a %s, or name it with --site", build.ConfigFile)
	}
	group, name, found := strings.Cut(given, "/")
	if !found {
		group, name = "", given
	}
	return cmp.Or(p.flags.group, group), name, nil
}

func join(group, name string) string {
	if group == "" {
		return name
	}
	return group + "/" + name
}

// findGroup returns the url of a group, "" for no name.
func (p *Program) findGroup(ctx context.Context, name string) (api.Reference, error) {
	if name == "" {
		return "", nil
	}
	client, err := p.client()
	if err != nil {
		return "", err
	}
	group, err := client.FindResourceGroup(ctx, name)
	if app.IsNotFound(err) {
		return "", app.Fault(app.CodeNotFound, "there is no resource group %q that you may see; gondor resource-groups list shows those that there are", name)
	}
	return group.URL, err
}

// findInstance returns the instance that --instance names, or the git branch.
func (p *Program) findInstance(ctx context.Context) (api.Instance, error) {
	label, err := p.instanceLabel(ctx)
	if err != nil {
		return api.Instance{}, err
	}
	return p.findInstanceOf(ctx, label)
}

// findInstanceOf returns the instance of a label of the site that is meant.
func (p *Program) findInstanceOf(ctx context.Context, label string) (api.Instance, error) {
	site, err := p.findSite(ctx)
	if err != nil {
		return api.Instance{}, err
	}
	instance, err := p.server.FindInstance(ctx, site.URL, label)
	if app.IsNotFound(err) {
		return instance, app.Fault(app.CodeNotFound, "the site %s has no instance %q; make it with: gondor instances create %s", site.Name, label, label)
	}
	return instance, err
}

func (p *Program) instanceLabel(ctx context.Context) (string, error) {
	if p.flags.instance != "" {
		return p.flags.instance, nil
	}
	branch, err := p.branch(ctx)
	if err != nil {
		return "", err
	}
	config, err := p.siteConfig()
	if err != nil {
		return "", err
	}
	return labelOf(config, branch)
}

// labelOf is the instance that gondor.yml maps a branch to.
func labelOf(config build.Config, branch string) (string, error) {
	label, mapped := config.Branches[branch]
	switch {
	case mapped:
		return label, nil
	case branch == "":
		return "", usage("no instance is named, and no git branch is checked out that would pick one; name it with --instance")
	}
	return "", usage("%s does not map the branch %s to an instance; add it under branches, or name the instance with --instance", build.ConfigFile, branch)
}

// findService returns a service of the instance that is meant.
func (p *Program) findService(ctx context.Context, name string) (api.Service, error) {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return api.Service{}, err
	}
	service, err := p.server.FindService(ctx, instance.URL, name)
	if app.IsNotFound(err) {
		return service, app.Fault(app.CodeNotFound, "the instance %s has no service %q; gondor services list shows those that it has", instance.Label, name)
	}
	return service, err
}
