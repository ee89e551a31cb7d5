// Package demosite is the site that the demo deploys: its source, and the two processes
// that it runs.
package demosite

import (
	"archive/tar"
	"embed"
	"fmt"
	"io"
	"io/fs"
)

//go:embed site
var embedded embed.FS

// Source writes the site's source as a tar.
func Source(w io.Writer) error {
	source, err := fs.Sub(embedded, "site")
	if err != nil {
		return fmt.Errorf("open the demo's source: %w", err)
	}
	out := tar.NewWriter(w)
	if err := out.AddFS(source); err != nil {
		return fmt.Errorf("pack the demo's source: %w", err)
	}
	return out.Close()
}
