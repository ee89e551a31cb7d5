package cli

import (
	"context"
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
		Use: "backup FILE --data DIR", Short: "Copy the store of a server that does not run", Args: takes("FILE"),
		Long: "Copy the store of a server that does not run. The file gondor.key of the data directory, without\n" +
			"which its secrets can't be opened, belongs in a safe place of its own.",
		RunE: func(c *cobra.Command, args []string) error { return p.backup(c.Context(), args[0], data) },
	}
	c.Flags().StringVar(&data, "data", "", "the data directory of the server")
	return c
}

func (p *Program) backup(ctx context.Context, to, data string) error {
	if data == "" {
		return usage("the data directory is missing; say --data DIR")
	}
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
