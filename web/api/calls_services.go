package api

import (
	"context"
	"net/http"
)

// Services lists the services of an instance.
func (c *Client) Services(ctx context.Context, instance Reference) ([]Service, error) {
	return get[[]Service](ctx, c, "/v2/services/", filter("instance", string(instance)))
}

// FindService returns the service of a name in an instance.
func (c *Client) FindService(ctx context.Context, instance Reference, name string) (Service, error) {
	return get[Service](ctx, c, "/v2/services/find/", filter("instance", string(instance), "name", name))
}

// CreateService makes a service.
func (c *Client) CreateService(ctx context.Context, n NewService) (Service, error) {
	return post[Service](ctx, c, "/v2/services/", n)
}

// UpdateService scales, resizes or restarts a service.
func (c *Client) UpdateService(ctx context.Context, service Reference, u ServiceUpdate) (Service, error) {
	return patch[Service](ctx, c, service, u)
}

// Releases lists the releases of an instance, newest first.
func (c *Client) Releases(ctx context.Context, instance Reference) ([]Release, error) {
	return get[[]Release](ctx, c, "/v2/releases/", filter("instance", string(instance)))
}

// CreateRelease moves services of an instance to a build.
func (c *Client) CreateRelease(ctx context.Context, n NewRelease) (Release, error) {
	return post[Release](ctx, c, "/v2/releases/", n)
}

// Rollback makes a new release from an old one's build.
func (c *Client) Rollback(ctx context.Context, n NewRollback) (Release, error) {
	return post[Release](ctx, c, "/v2/releases/rollback/", n)
}

// CancelRelease ends a release that has not switched.
func (c *Client) CancelRelease(ctx context.Context, release Reference) (Release, error) {
	return do[Release](ctx, c, request{method: http.MethodPost, path: string(release) + "cancel/"})
}

// Deployments lists the deployments of a site or, where it is given, of an instance.
func (c *Client) Deployments(ctx context.Context, site, instance Reference) ([]Deployment, error) {
	return get[[]Deployment](ctx, c, "/v2/deployments/", filter("site", string(site), "instance", string(instance)))
}

// CreateDeployment moves one service to a build.
func (c *Client) CreateDeployment(ctx context.Context, n NewDeployment) (Deployment, error) {
	return post[Deployment](ctx, c, "/v2/deployments/", n)
}
