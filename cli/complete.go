package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"gondor/cli/config"
	"gondor/web/api"
)

// completionPatience is how long a shell's Tab may wait for the server.
const completionPatience = 3 * time.Second

// completion finds the words that may stand in a place.
type completion = func(ctx context.Context) ([]string, error)

// completeOne completes the first argument of a command. A server that can't be reached
// completes nothing: a Tab is no place for messages.
func (p *Program) completeOne(find completion) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(c.Context(), completionPatience)
		defer cancel()
		found, err := find(ctx)
		if err != nil {
			cobra.CompDebugln(err.Error(), false)
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFlags completes the values of the global flags.
func (p *Program) completeFlags(root *cobra.Command) {
	for flag, find := range map[string]completion{
		"site": p.siteNames, "instance": p.instanceLabels, "cluster": p.clusterNames,
		"resource-group": p.ownGroupNames,
		"output":         func(context.Context) ([]string, error) { return []string{outputTable, outputJSON}, nil },
	} {
		complete := p.completeOne(find)
		err := root.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
			return complete(c, nil, begun)
		})
		if err != nil {
			panic(err) // only for a flag that there is not
		}
	}
}

// names lists one name of each item.
func names[T any](items []T, name func(T) string) []string {
	all := make([]string, len(items))
	for i, item := range items {
		all[i] = name(item)
	}
	return all
}

func (p *Program) siteNames(ctx context.Context) ([]string, error) {
	client, err := p.client()
	if err != nil {
		return nil, err
	}
	sites, err := client.Sites(ctx, "")
	if err != nil {
		return nil, err
	}
	groups, err := p.groupNames(ctx)
	return names(sites, func(s api.Site) string { return join(groups[s.ResourceGroup], s.Name) }), err
}

func (p *Program) instanceLabels(ctx context.Context) ([]string, error) {
	site, err := p.findSite(ctx)
	if err != nil {
		return nil, err
	}
	instances, err := p.server.Instances(ctx, site.URL)
	return names(instances, func(i api.Instance) string { return i.Label }), err
}

func (p *Program) serviceNames(ctx context.Context) ([]string, error) {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return nil, err
	}
	services, err := p.server.Services(ctx, instance.URL)
	return names(services, func(s api.Service) string { return s.Name }), err
}

func (p *Program) userNames(ctx context.Context) ([]string, error) {
	client, err := p.client()
	if err != nil {
		return nil, err
	}
	users, err := client.Users(ctx)
	return names(users, func(u api.User) string { return u.Username }), err
}

func (p *Program) ownGroupNames(ctx context.Context) ([]string, error) {
	client, err := p.client()
	if err != nil {
		return nil, err
	}
	groups, err := client.ResourceGroups(ctx)
	return names(groups, func(g api.ResourceGroup) string { return g.Name }), err
}

func (p *Program) hostNames(ctx context.Context) ([]string, error) {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return nil, err
	}
	hosts, err := p.server.Hosts(ctx, instance.URL)
	return names(hosts, func(h api.Host) string { return h.Host }), err
}

func (p *Program) clusterNames(context.Context) ([]string, error) {
	file, err := config.Open(p.io.Env)
	if err != nil {
		return nil, err
	}
	known, err := file.Read()
	return known.Names(), err
}
