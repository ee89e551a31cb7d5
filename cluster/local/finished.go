package local

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gondor/app"
	"gondor/cluster/tree"
)

// finished is a build whose artifact is there.
type finished struct {
	dir  string            // artifacts/SITE/BUILD
	at   time.Time         // when it was complete
	made map[string]string // as complete has it
}

// finished lists the finished builds of a site, the newest first.
func (l layout) finished(site app.ID[app.Site]) []finished {
	entries, err := os.ReadDir(l.site(site))
	if err != nil {
		return nil // it has none
	}
	var all []finished
	for _, entry := range entries {
		dir := filepath.Join(l.site(site), entry.Name())
		data, err := os.ReadFile(filepath.Join(dir, completeMarker))
		info, gone := os.Stat(filepath.Join(dir, completeMarker))
		var c complete
		if err == nil && gone == nil && json.Unmarshal(data, &c) == nil {
			all = append(all, finished{dir, info.ModTime(), c.Made})
		}
	}
	slices.SortFunc(all, func(a, b finished) int { return b.at.Compare(a.at) })
	return all
}

// has reports whether something was made there by the key.
func (f finished) has(key string) bool {
	for _, one := range f.made {
		if one == key {
			return true
		}
	}
	return false
}

// link makes a tree of what stands at a place in the artifact, where nobody but Gondor comes
// to: of the same files, in directories that belong to who. The error is os.ErrNotExist when
// the artifact is being removed.
func (f finished) link(place, to string, who identity) error {
	if err := tree.Link(filepath.Join(f.dir, "app", place), to, who.UID, who.GID); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(f.dir, completeMarker)); err != nil { // else it may be half
		return fmt.Errorf("look again at what is linked: %w", err)
	}
	return nil
}
