package store

import (
	"context"
	"fmt"
	"io"
	"os"

	"gondor/app"
)

// Backup writes a copy of the store, as it is at this moment, to w while others go on
// reading and writing. The copy is a store's file; the key file, without which its
// secrets can't be opened, is not part of it. It stops with ctx's error when ctx ends.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	return s.view(ctx, func(t *transaction) error {
		if _, err := t.bolt.WriteTo(contextWriter{ctx, w}); err != nil {
			return fmt.Errorf("back up the store: %w", err)
		}
		return nil
	})
}

// BackupFile makes the file at path, of mode 0600, by Backup. The file is durable when
// it returns nil; when it fails, what was at path before is untouched.
func (s *Store) BackupFile(ctx context.Context, path string) error {
	if s.isOwn(path) {
		return app.Invalid("", "%s is the store itself; give the backup another name", path)
	}
	return writeFile(path, func(w io.Writer) error { return s.Backup(ctx, w) })
}

// isOwn reports whether path leads to the store's own file.
func (s *Store) isOwn(path string) bool {
	there, err := os.Stat(path)
	if err != nil {
		return false
	}
	own, err := os.Stat(s.path)
	return err == nil && os.SameFile(own, there)
}

// contextWriter writes until ctx ends.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

// Write implements io.Writer.
func (c contextWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}
