package app

import (
	"context"
	"fmt"
	"iter"
)

// RouterName is the name under which people read what the router answered for an instance,
// among the names of its services.
const RouterName = "router"

// AccessLog yields a line for each request that the router answered for an instance.
// Following ends with the instance.
func (a *App) AccessLog(ctx context.Context, who Actor, id ID[Instance], q LogQuery) iter.Seq2[LogLine, error] {
	_, err := a.Instance(ctx, who, id)
	return a.lines(ctx, AccessLog(id), q, err)
}

// LogAccess writes what the router answered for an instance. Of one that is deleted nothing is
// kept.
func (a *App) LogAccess(ctx context.Context, id ID[Instance], lines []LogLine) error {
	err := a.read(ctx, func(r Reader) error {
		_, err := aliveInstance(r, id)
		return err
	})
	if IsNotFound(err) {
		return nil
	}
	if err == nil {
		err = a.Logs.Write(ctx, AccessLog(id), lines...)
	}
	if err != nil {
		return fmt.Errorf("write the access log of instance %s: %w", id, err)
	}
	return nil
}
