package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gondor/app"
	"gondor/cluster/tree"
)

// A spare is what a step has made once more, ready to be moved into the next build:
//
//	artifacts/SITE/.spare-KEY/made
//
// Its files are those of an artifact. It is made while nobody waits, as ten thousand links
// take a quarter of a second. Only Gondor enters it.
const sparePrefix = ".spare-"

// spareTime is for how long after its last build a site has one, for its directories take
// room.
const spareTime = 7 * 24 * time.Hour

func (l layout) spare(site app.ID[app.Site], key string) string {
	return filepath.Join(l.site(site), sparePrefix+key)
}

// keepSpares makes the spares of the newest artifact of each site, and removes all others.
func (e *Engine) keepSpares(ctx context.Context) error {
	sites, err := os.ReadDir(e.layout.artifacts())
	if err != nil {
		return fmt.Errorf("list the sites that have artifacts: %w", err)
	}
	var errs []error
	for _, entry := range sites {
		site := app.ID[app.Site](entry.Name())
		if entry.IsDir() && !e.isBuilding(site) && ctx.Err() == nil {
			errs = append(errs, e.keepSparesOf(site))
		}
	}
	return errors.Join(errs...)
}

func (e *Engine) isBuilding(site app.ID[app.Site]) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.hasBuild(site)
}

func (e *Engine) keepSparesOf(site app.ID[app.Site]) error {
	var newest finished
	var made map[string]string
	if all := e.layout.finished(site); len(all) > 0 && time.Since(all[0].at) < spareTime {
		newest, made = all[0], all[0].made()
	}
	err := e.removeSpares(site, slices.Collect(maps.Values(made)))
	for place, key := range made {
		if _, missing := os.Stat(filepath.Join(e.layout.spare(site, key), "made")); missing != nil {
			err = errors.Join(err, e.makeSpare(site, newest, place, key))
		}
	}
	return err
}

// removeSpares removes those with other keys, and what a kill left of one that was being
// made or removed. A build that comes meanwhile finds a whole one or none.
func (e *Engine) removeSpares(site app.ID[app.Site], but []string) error {
	entries, err := os.ReadDir(e.layout.site(site))
	if err != nil {
		return ignoreMissing(err)
	}
	var errs []error
	for _, entry := range entries {
		path := filepath.Join(e.layout.site(site), entry.Name())
		key, isSpare := strings.CutPrefix(entry.Name(), sparePrefix)
		switch {
		case strings.HasPrefix(entry.Name(), newPrefix):
			errs = append(errs, tree.RemoveAll(path))
		case isSpare && !slices.Contains(but, key):
			gone := filepath.Join(e.layout.site(site), newPrefix+key)
			errs = append(errs, os.Rename(path, gone), tree.RemoveAll(gone))
		}
	}
	e.removeEmpty(site)
	return errors.Join(errs...)
}

// makeSpare makes one of what an artifact has at a place, unless that is being removed.
func (e *Engine) makeSpare(site app.ID[app.Site], of finished, place, key string) (err error) {
	who, err := e.identities.site(site)
	if err != nil {
		return err
	}
	private, err := os.MkdirTemp(e.layout.site(site), newPattern)
	if err != nil {
		return fmt.Errorf("make a spare: %w", err)
	}
	defer func() { err = errors.Join(err, tree.RemoveAll(private)) }()
	if err := of.link(place, filepath.Join(private, "made"), who); err != nil {
		return ignoreMissing(err)
	}
	if err := os.Rename(private, e.layout.spare(site, key)); err != nil {
		return fmt.Errorf("make a spare: %w", err)
	}
	return nil
}
