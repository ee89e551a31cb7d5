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
	dir string    // artifacts/SITE/BUILD
	at  time.Time // when it was complete
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
		if info, err := os.Stat(filepath.Join(dir, completeMarker)); err == nil {
			all = append(all, finished{dir, info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b finished) int { return b.at.Compare(a.at) })
	return all
}

// complete reads the marker.
func (f finished) complete() (complete, error) {
	data, err := os.ReadFile(filepath.Join(f.dir, completeMarker))
	if err != nil {
		return complete{}, err
	}
	var c complete
	err = json.Unmarshal(data, &c)
	return c, err
}

// made is what its steps made; nil when it is being removed.
func (f finished) made() map[string]string {
	c, err := f.complete()
	if err != nil {
		return nil
	}
	return c.Made
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
