package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"gondor/app"
	"gondor/cluster/local/supervisor"
)

// identity is who a process runs as.
type identity struct {
	UID    int
	GID    int
	Groups []int
}

// oneself is the identity of Gondor's own user.
func oneself() identity { return identity{UID: supervisor.Same, GID: supervisor.Same} }

// identities gives each instance a user of its own and each site a user for its builds,
// whose group its instances join to read their artifacts. A number is never given
// again, since files may still carry it. It is safe for concurrent use.
type identities struct {
	path string
	own  bool // false: everything runs as Gondor's own user

	mu    sync.Mutex
	given given
}

// given is the file identities.json.
type given struct {
	Next      int
	Sites     map[app.ID[app.Site]]int
	Instances map[app.ID[app.Instance]]int
}

// openIdentities reads what was given. Users of their own take root.
func openIdentities(path string, base int) (*identities, error) {
	ids := &identities{path: path, own: os.Geteuid() == 0}
	ids.given = given{Next: base, Sites: map[app.ID[app.Site]]int{}, Instances: map[app.ID[app.Instance]]int{}}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ids, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the identities: %w", err)
	}
	if err := json.Unmarshal(data, &ids.given); err != nil {
		return nil, fmt.Errorf("read the identities from %s: %w", path, err)
	}
	return ids, nil
}

// site returns who builds the site.
func (ids *identities) site(id app.ID[app.Site]) (identity, error) {
	if !ids.own {
		return oneself(), nil
	}
	ids.mu.Lock()
	defer ids.mu.Unlock()
	n, err := giveNumber(ids, ids.given.Sites, id)
	return identity{UID: n, GID: n}, err
}

// instance returns who runs the instance of the site.
func (ids *identities) instance(site app.ID[app.Site], id app.ID[app.Instance]) (identity, error) {
	if !ids.own {
		return oneself(), nil
	}
	ids.mu.Lock()
	defer ids.mu.Unlock()
	group, err := giveNumber(ids, ids.given.Sites, site)
	if err != nil {
		return identity{}, err
	}
	n, err := giveNumber(ids, ids.given.Instances, id)
	return identity{UID: n, GID: n, Groups: []int{group}}, err
}

// giveNumber returns the number of key, a new one if it has none. The caller holds the
// lock.
func giveNumber[K comparable](ids *identities, numbers map[K]int, key K) (int, error) {
	if n, ok := numbers[key]; ok {
		return n, nil
	}
	numbers[key] = ids.given.Next
	ids.given.Next++
	if err := writeJSON(ids.path, ids.given); err != nil {
		delete(numbers, key)
		return 0, fmt.Errorf("give a user to %v: %w", key, err)
	}
	return numbers[key], nil
}

// forget takes the instance's number away for good.
func (ids *identities) forget(id app.ID[app.Instance]) error {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	if _, ok := ids.given.Instances[id]; !ok {
		return nil
	}
	delete(ids.given.Instances, id)
	return writeJSON(ids.path, ids.given)
}

// makeOwn makes a directory that belongs to who alone, however often it is called.
func (who identity) makeOwn(dir string) error {
	if err := makeDir(dir, 0o700); err != nil {
		return err
	}
	if who.UID == supervisor.Same {
		return nil
	}
	return os.Lchown(dir, who.UID, who.GID)
}

// checkPassable returns an error when other users can't pass through the directories
// above dir, so that no instance could reach its own files.
func checkPassable(dir string) error {
	for at := filepath.Dir(dir); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return fmt.Errorf("look at the directories above the data directory: %w", err)
		}
		if info.Mode().Perm()&0o001 == 0 {
			return app.Invalid("data", "%s is below %s, which other users can't enter, and every instance has a user of its own; choose a directory such as /var/lib/gondor", dir, at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}
