package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/store"
)

func (p *Program) backupCommand() *cobra.Command {
	var data string
	c := &cobra.Command{
		Use: "backup FILE", Short: "Copy the store of the server, while it runs", Args: takes("FILE"),
		Long: "Copy the store of the server, while it runs; with --data, that of a server that does not. The\n" +
			"file gondor.key of its data directory, without which its secrets can't be opened, belongs in a\n" +
			"safe place of its own.",
		RunE: func(c *cobra.Command, args []string) error {
			if data == "" {
				return p.backup(c.Context(), args[0])
			}
			return p.backupHalted(c.Context(), args[0], data)
		},
	}
	c.Flags().StringVar(&data, "data", "", "the data directory of a server that does not run")
	return c
}

// backup asks the server for the copy, and puts it in its place when it is whole.
func (p *Program) backup(ctx context.Context, to string) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	path := p.absolute(to)
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("make the backup's file: %w", err)
	}
	err = client.Backup(ctx, file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("put the backup in its place: %w", err)
	}
	return p.say("Copied the store to %s. Keep the server's gondor.key apart from it.", to)
}

// backupHalted copies the store of a server that does not run.
func (p *Program) backupHalted(ctx context.Context, to, data string) error {
	dir := filepath.Join(p.absolute(data), "store")
	if _, err := os.Stat(filepath.Join(dir, store.FileName)); err != nil {
		return app.Fault(app.CodeNotFound, "%s is not the data directory of a server: it has no store", data)
	}
	from, err := store.Open(ctx, dir, slog.New(slog.NewTextHandler(p.io.Stderr, nil)))
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	if err := from.BackupFile(ctx, p.absolute(to)); err != nil {
		return err
	}
	return p.say("Copied the store to %s. Keep %s apart from it.", to, filepath.Join(data, "gondor.key"))
}

// absolute is a path seen from the working directory.
func (p *Program) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(p.io.Dir, path)
}
