package api

import (
	"context"
	"strconv"
)

// Run prepares a one-off process beside a service, or begins a detached one.
func (c *Client) Run(ctx context.Context, service Reference, n NewRun) (Endpoint, error) {
	return post[Endpoint](ctx, c, string(service)+"run/", n)
}

// Runs lists who ran what in an instance, newest first; 0 is all that are kept.
func (c *Client) Runs(ctx context.Context, instance Reference, limit int) ([]Run, error) {
	return get[[]Run](ctx, c, "/v2/runs/", filter("instance", string(instance), "limit", strconv.Itoa(limit)))
}

// StopRun asks for the end of a run. CodeConflict when it is over.
func (c *Client) StopRun(ctx context.Context, run Reference) (Run, error) {
	return post[Run](ctx, c, string(run)+"stop/", nil)
}
