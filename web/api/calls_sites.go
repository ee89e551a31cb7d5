package api

import (
	"context"
	"net/url"
)

// Get reads a resource of any kind by its url, with the type that it has:
// Get[Site](ctx, client, site.URL).
func Get[T any](ctx context.Context, c *Client, at Reference) (T, error) {
	return get[T](ctx, c, string(at), nil)
}

// filter makes the query of a list, without what is empty.
func filter(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}

// Sites lists the sites of a group, or all that one may see when group is empty.
func (c *Client) Sites(ctx context.Context, group Reference) ([]Site, error) {
	return get[[]Site](ctx, c, "/v2/sites/", filter("resource_group", string(group)))
}

// FindSite returns the site of a name in a group, or in the caller's own when group is
// empty.
func (c *Client) FindSite(ctx context.Context, group Reference, name string) (Site, error) {
	return get[Site](ctx, c, "/v2/sites/find/", filter("resource_group", string(group), "name", name))
}

// CreateSite makes a site.
func (c *Client) CreateSite(ctx context.Context, n NewSite) (Site, error) {
	return post[Site](ctx, c, "/v2/sites/", n)
}

// SiteUsers lists the users of a site.
func (c *Client) SiteUsers(ctx context.Context, site Reference) ([]SiteUser, error) {
	return get[[]SiteUser](ctx, c, "/v2/site_users/", filter("site", string(site)))
}

// AddSiteUser gives a user a role in a site.
func (c *Client) AddSiteUser(ctx context.Context, n NewSiteUser) (SiteUser, error) {
	return post[SiteUser](ctx, c, "/v2/site_users/", n)
}

// Instances lists the instances of a site, or all that one may see when site is empty.
func (c *Client) Instances(ctx context.Context, site Reference) ([]Instance, error) {
	return get[[]Instance](ctx, c, "/v2/instances/", filter("site", string(site)))
}

// FindInstance returns the instance of a label in a site.
func (c *Client) FindInstance(ctx context.Context, site Reference, label string) (Instance, error) {
	return get[Instance](ctx, c, "/v2/instances/find/", filter("site", string(site), "label", label))
}

// CreateInstance makes an instance.
func (c *Client) CreateInstance(ctx context.Context, n NewInstance) (Instance, error) {
	return post[Instance](ctx, c, "/v2/instances/", n)
}

// Hosts lists the host names of an instance.
func (c *Client) Hosts(ctx context.Context, instance Reference) ([]Host, error) {
	return get[[]Host](ctx, c, "/v2/hosts/", filter("instance", string(instance)))
}

// FindHost returns the host of that name of an instance.
func (c *Client) FindHost(ctx context.Context, instance Reference, host string) (Host, error) {
	return get[Host](ctx, c, "/v2/hosts/find/", filter("instance", string(instance), "host", host))
}

// CreateHost adds a host name to an instance. CodeConflict when it is taken.
func (c *Client) CreateHost(ctx context.Context, n NewHost) (Host, error) {
	return post[Host](ctx, c, "/v2/hosts/", n)
}

// VariableOwner is what variables are set on: exactly one is given.
type VariableOwner struct{ Site, Instance, Service Reference }

// Variables lists the variables of one owner, those that others give it not included.
func (c *Client) Variables(ctx context.Context, o VariableOwner) ([]Variable, error) {
	return get[[]Variable](ctx, c, "/v2/envvars/",
		filter("site", string(o.Site), "instance", string(o.Instance), "service", string(o.Service)))
}

// SetVariables sets and unsets variables of one owner in one change, all or none, and
// returns those that the owner then has of the keys that were set.
func (c *Client) SetVariables(ctx context.Context, set []NewVariable) ([]Variable, error) {
	return post[[]Variable](ctx, c, "/v2/envvars/", set)
}
