package store

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"gondor/app"
)

// model is what the table of sites should hold.
type model map[app.ID[app.Site]]app.Site

// by lists the keys of the sites that hold the value, as By should.
func (m model) by(index, value string) []string {
	var found []string
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if slices.Contains(m[id].Indexes(), app.Index{Name: index, Value: value, Unique: index == app.SiteByName}) {
			found = append(found, string(id))
		}
	}
	return found
}

// takenFrom reports whether another site holds the name of this one.
func (m model) takenFrom(s app.Site) bool {
	found := m.by(app.SiteByName, string(s.Group)+"/"+s.Name)
	return len(found) > 0 && found[0] != string(s.ID)
}

var errTakeBack = errors.New("take it all back")

func TestRandomOperationsDoWhatAMapWouldDo(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			dir := t.TempDir()
			s, want := openStore(t, dir), model{}
			for range 60 {
				want = randomUpdate(t, s, random, want)
				compare(t, s, want)
				if random.IntN(15) == 0 {
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					s = openStore(t, dir)
				}
			}
			wantSound(t, s)
		})
	}
}

// randomUpdate returns what the store should hold after one transaction of several
// operations, of which every fifth is taken back.
func randomUpdate(t *testing.T, s *Store, random *rand.Rand, before model) model {
	after, fails := maps.Clone(before), random.IntN(5) == 0
	err := s.Update(t.Context(), func(tx app.Tx) error {
		for range random.IntN(20) {
			randomOperation(t, tx.Sites(), random, after)
		}
		if fails {
			return errTakeBack
		}
		return nil
	})
	switch {
	case fails && errors.Is(err, errTakeBack):
		return before
	case err != nil:
		t.Fatalf("update: %v", err)
	}
	return after
}

func randomOperation(t *testing.T, sites app.Table[app.Site], random *rand.Rand, m model) {
	pieces := []string{"a", "b", "c", "\x00", "\x01", "/", "\x00\x01"}
	pick := func() string { return pieces[random.IntN(len(pieces))] + pieces[random.IntN(len(pieces))] }
	one := app.Site{ID: app.ID[app.Site](pick()), Group: app.ID[app.ResourceGroup](pick()), Name: pick()}
	_, exists := m[one.ID]
	if random.IntN(3) == 0 {
		if err := sites.Delete(one.ID); app.IsNotFound(err) == exists || (exists && err != nil) {
			t.Errorf("deleting %q, which is there: %t, gave %v", one.ID, exists, err)
		}
		delete(m, one.ID)
		return
	}
	taken := m.takenFrom(one)
	if err := sites.Put(one); errors.Is(err, app.ErrNotUnique) != taken || (!taken && err != nil) {
		t.Errorf("putting %v, whose name is taken: %t, gave %v", one, taken, err)
	}
	if !taken {
		m[one.ID] = one
	}
}

func compare(t *testing.T, s *Store, want model) {
	t.Helper()
	view(t, s, func(r app.Reader) error {
		var ids []string
		for _, id := range slices.Sorted(maps.Keys(want)) {
			ids = append(ids, string(id))
		}
		wantKeys(t, r.Sites().Each(), ids...)
		for id, one := range want {
			if got, err := r.Sites().Get(id); got != one || err != nil {
				t.Errorf("got %v, %v, want %v", got, err, one)
			}
			for _, index := range one.Indexes() {
				wantKeys(t, r.Sites().By(index.Name, index.Value), want.by(index.Name, index.Value)...)
			}
		}
		return nil
	})
}
