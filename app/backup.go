package app

import (
	"context"
	"io"
)

// Backup writes a copy of the whole store, which only an admin may have. The key of the
// installation, without which its secrets can't be opened, is not part of it.
func (a *App) Backup(ctx context.Context, who Actor, w io.Writer) error {
	err := a.read(ctx, func(r Reader) error { return Authorize(r, who, ActionGovern, Resource{}, "") })
	if err != nil {
		return err
	}
	return a.Store.Backup(ctx, w)
}
