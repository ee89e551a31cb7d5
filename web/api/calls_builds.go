package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
)

// BuildFilter says which builds to list; what is empty does not count.
type BuildFilter struct {
	Site, Instance Reference
	Limit          int // the newest so many, newest first; 0 is all, oldest first
}

// Builds lists builds.
func (c *Client) Builds(ctx context.Context, f BuildFilter) ([]Build, error) {
	limit := ""
	if f.Limit > 0 {
		limit = strconv.Itoa(f.Limit)
	}
	return get[[]Build](ctx, c, "/v2/builds/",
		filter("site", string(f.Site), "instance", string(f.Instance), "limit", limit))
}

// CreateBuild announces a build.
func (c *Client) CreateBuild(ctx context.Context, n NewBuild) (Build, error) {
	return post[Build](ctx, c, "/v2/builds/", n)
}

// UploadSource sends a build its source, a tar that may be gzipped, and queues it. It
// reads tar once.
func (c *Client) UploadSource(ctx context.Context, build Reference, tar io.Reader) (Endpoint, error) {
	return do[Endpoint](ctx, c, request{method: http.MethodPut, path: string(build), stream: &source{Reader: tar}})
}

// AttachBuild returns an endpoint to follow a build's output from its beginning.
func (c *Client) AttachBuild(ctx context.Context, build Reference) (Endpoint, error) {
	return do[Endpoint](ctx, c, request{method: http.MethodPost, path: string(build) + "attach/"})
}

// CancelBuild ends a build that has not ended.
func (c *Client) CancelBuild(ctx context.Context, build Reference) (Build, error) {
	return do[Build](ctx, c, request{method: http.MethodPost, path: string(build) + "cancel/"})
}
