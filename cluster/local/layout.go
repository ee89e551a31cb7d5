package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gondor/app"
)

// layout knows where everything lies in the data directory:
//
//	workloads/KEY.json         what should run, with its ports; read when Gondor starts
//	identities.json            the users and groups given to instances and sites
//	artifacts/SITE/BUILD/app   what a build made, beside its marker "complete"
//	artifacts/SITE/.spare-KEY  what the site's next build can take over
//	cache/SITE                 what the builds of a site share
//	data/INSTANCE              DATA_DIR
//	home/INSTANCE              HOME
//	tmp/INSTANCE, tmp/BUILD    TMPDIR
//	supervisor/                the supervisor's own
type layout struct{ dir string }

func (l layout) workloads() string               { return filepath.Join(l.dir, "workloads") }
func (l layout) identities() string              { return filepath.Join(l.dir, "identities.json") }
func (l layout) artifacts() string               { return filepath.Join(l.dir, "artifacts") }
func (l layout) site(id app.ID[app.Site]) string { return filepath.Join(l.artifacts(), string(id)) }
func (l layout) caches() string                  { return filepath.Join(l.dir, "cache") }
func (l layout) cache(id app.ID[app.Site]) string {
	return filepath.Join(l.caches(), string(id))
}
func (l layout) tmp(id string) string { return filepath.Join(l.dir, "tmp", id) }
func (l layout) supervisor() string   { return filepath.Join(l.dir, "supervisor") }

func (l layout) data(id app.ID[app.Instance]) string {
	return filepath.Join(l.dir, "data", string(id))
}

func (l layout) home(id app.ID[app.Instance]) string {
	return filepath.Join(l.dir, "home", string(id))
}

// app returns the directory of an artifact's files, or an error when the reference is
// not one that this engine gave.
func (l layout) app(a app.Artifact) (string, error) {
	if a.Ref == "" || !filepath.IsLocal(a.Ref) {
		return "", app.Invalid("artifact", "%q is not an artifact of this engine", a.Ref)
	}
	dir := filepath.Join(l.artifacts(), a.Ref, "app")
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), completeMarker)); err != nil {
		return "", app.Fault(app.CodeNotFound, "the artifact %s is not there any more; build it again", a.Ref)
	}
	return dir, nil
}

// make creates the directories that are always there. Other users may pass through
// them but see no more than their own.
func (l layout) make() error {
	if err := makePassable(l.dir); err != nil {
		return err
	}
	modes := map[string]fs.FileMode{
		l.workloads(): 0o700, l.supervisor(): 0o700,
		l.artifacts(): 0o711, l.caches(): 0o711,
		filepath.Join(l.dir, "data"): 0o711, filepath.Join(l.dir, "home"): 0o711, filepath.Join(l.dir, "tmp"): 0o711,
	}
	for dir, mode := range modes {
		if err := makeDir(dir, mode); err != nil {
			return err
		}
	}
	return l.sweep()
}

// newPattern is the name of a file that is being written, until it is renamed.
const (
	newPrefix  = ".new-"
	newPattern = newPrefix + "*"
)

// sweep removes the files that were being written when an earlier Gondor was killed.
func (l layout) sweep() error {
	for _, dir := range []string{l.dir, l.workloads(), filepath.Join(l.dir, "bin")} {
		left, err := filepath.Glob(filepath.Join(dir, newPattern))
		if err != nil {
			return fmt.Errorf("find what an interrupted write left: %w", err)
		}
		for _, path := range left {
			if err := ignoreMissing(os.Remove(path)); err != nil {
				return fmt.Errorf("remove what an interrupted write left: %w", err)
			}
		}
	}
	return nil
}

// makePassable makes the data directory. One that is there may be more than that, so it
// only gets what it lacks for others to pass through.
func makePassable(dir string) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o111 == 0o111 {
		return err
	}
	return os.Chmod(dir, info.Mode().Perm()|0o111)
}

// makeDir makes a directory with exactly this mode, whatever the umask says.
func makeDir(dir string, mode fs.FileMode) error {
	if err := os.MkdirAll(dir, mode); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	return os.Chmod(dir, mode)
}

// writeJSON replaces a file as a whole: whoever reads it finds the old or the new.
func writeJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", filepath.Base(path), err)
	}
	return writeFile(path, data)
}

func writeFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), newPattern) // with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer func() { err = errors.Join(err, ignoreMissing(os.Remove(f.Name()))) }()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("replace %s: %w", filepath.Base(path), err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename in the directory last over a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open a directory to sync it: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
