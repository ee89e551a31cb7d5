package api

import (
	"context"
	"net/url"
)

// Me returns who is signed in.
func (c *Client) Me(ctx context.Context) (Me, error) { return get[Me](ctx, c, "/v2/me/", nil) }

// Offer returns the client that the server offers for download.
func (c *Client) Offer(ctx context.Context) (Offer, error) {
	return get[Offer](ctx, c, "/v2/client/", nil)
}

// Users lists all users; only an admin may.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	return get[[]User](ctx, c, "/v2/users/", nil)
}

// FindUser returns the user of a name.
func (c *Client) FindUser(ctx context.Context, username string) (User, error) {
	return get[User](ctx, c, "/v2/users/find/", url.Values{"username": {username}})
}

// CreateUser makes a user; only an admin may.
func (c *Client) CreateUser(ctx context.Context, n NewUser) (User, error) {
	return post[User](ctx, c, "/v2/users/", n)
}

// UpdateUser changes a user.
func (c *Client) UpdateUser(ctx context.Context, user Reference, u UserUpdate) (User, error) {
	return patch[User](ctx, c, user, u)
}

// ResourceGroups lists the groups that one may see.
func (c *Client) ResourceGroups(ctx context.Context) ([]ResourceGroup, error) {
	return get[[]ResourceGroup](ctx, c, "/v2/resource_groups/", nil)
}

// FindResourceGroup returns the group of a name.
func (c *Client) FindResourceGroup(ctx context.Context, name string) (ResourceGroup, error) {
	return get[ResourceGroup](ctx, c, "/v2/resource_groups/find/", url.Values{"name": {name}})
}

// CreateResourceGroup makes a team's group; only an admin may.
func (c *Client) CreateResourceGroup(ctx context.Context, n NewResourceGroup) (ResourceGroup, error) {
	return post[ResourceGroup](ctx, c, "/v2/resource_groups/", n)
}

// Members lists the members of a group.
func (c *Client) Members(ctx context.Context, group Reference) ([]Member, error) {
	return get[[]Member](ctx, c, "/v2/members/", url.Values{"resource_group": {string(group)}})
}

// AddMember gives a user a role in a group.
func (c *Client) AddMember(ctx context.Context, n NewMember) (Member, error) {
	return post[Member](ctx, c, "/v2/members/", n)
}

// Delete removes any resource by its url.
func (c *Client) Delete(ctx context.Context, at Reference) error { return remove(ctx, c, at) }
