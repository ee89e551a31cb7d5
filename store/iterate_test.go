package store

import (
	"fmt"
	"testing"

	"gondor/app"
)

// hundred puts a hundred sites of group g, "000" to "099".
func hundred(t *testing.T) *Store {
	s := openStore(t, t.TempDir())
	update(t, s, func(tx app.Tx) error {
		for i := range 100 {
			if err := tx.Sites().Put(numbered(i)); err != nil {
				return err
			}
		}
		return nil
	})
	return s
}

func numbered(i int) app.Site {
	id := fmt.Sprintf("%03d", i)
	return app.Site{ID: app.ID[app.Site](id), Group: "g", Name: id}
}

func TestALoopOverRowsMayBeLeft(t *testing.T) {
	s := hundred(t)
	update(t, s, func(tx app.Tx) error {
		for range tx.Sites().Each() {
			break
		}
		for range tx.Sites().By(app.SiteByGroup, "g") {
			break
		}
		return tx.Sites().Delete("000")
	})
	wantSound(t, s)
}

func TestALoopMayDeleteWhatItIsAt(t *testing.T) {
	loops := map[string]func(app.Tx) error{
		"Each": func(tx app.Tx) error {
			for site, err := range tx.Sites().Each() {
				if err != nil {
					return err
				}
				if err := tx.Sites().Delete(site.ID); err != nil {
					return err
				}
			}
			return nil
		},
		"By": func(tx app.Tx) error {
			for site, err := range tx.Sites().By(app.SiteByGroup, "g") {
				if err != nil {
					return err
				}
				if err := tx.Sites().Delete(site.ID); err != nil {
					return err
				}
			}
			return nil
		},
	}
	for name, loop := range loops {
		t.Run(name, func(t *testing.T) {
			s := hundred(t)
			update(t, s, loop)
			view(t, s, func(r app.Reader) error {
				wantKeys(t, r.Sites().Each())
				return nil
			})
			wantSound(t, s)
		})
	}
}

func TestALoopSeesWhatWasWrittenAheadOfIt(t *testing.T) {
	s := hundred(t)
	update(t, s, func(tx app.Tx) error {
		seen := 0
		for site, err := range tx.Sites().By(app.SiteByGroup, "g") {
			if err != nil {
				return err
			}
			seen++
			switch site.ID {
			case "010":
				if err := tx.Sites().Delete("011"); err != nil { // ahead: not seen
					return err
				}
				if err := tx.Sites().Delete("009"); err != nil { // behind: seen already
					return err
				}
			case "020":
				if err := tx.Sites().Put(app.Site{ID: "0205", Group: "g", Name: "new"}); err != nil { // ahead: seen
					return err
				}
			case "011":
				t.Error("a deleted row was seen")
			}
		}
		if seen != 100 {
			t.Errorf("%d rows were seen, want 100", seen)
		}
		return nil
	})
	wantSound(t, s)
}

func TestALoopMayMoveEveryRowToAnotherValue(t *testing.T) {
	s := hundred(t)
	update(t, s, func(tx app.Tx) error {
		for site, err := range tx.Sites().By(app.SiteByGroup, "g") {
			if err != nil {
				return err
			}
			site.Group = "g2"
			if err := tx.Sites().Put(site); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(r app.Reader) error {
		wantKeys(t, r.Sites().By(app.SiteByGroup, "g"))
		moved, err := keys(r.Sites().By(app.SiteByGroup, "g2"))
		if len(moved) != 100 {
			t.Errorf("%d rows have moved, want 100", len(moved))
		}
		return err
	})
	wantSound(t, s)
}

func TestAReaderOfAnUpdateSeesWhatItWrote(t *testing.T) {
	s := openStore(t, t.TempDir())
	update(t, s, func(tx app.Tx) error {
		if err := tx.Sites().Put(numbered(7)); err != nil {
			return err
		}
		wantKeys(t, tx.Reader().Sites().Each(), "007")
		wantKeys(t, tx.Reader().Sites().By(app.SiteByName, "g/007"), "007")
		return nil
	})
}

func TestRowsOfAnEndedTransactionAreAnError(t *testing.T) {
	s := hundred(t)
	var kept app.Tx
	update(t, s, func(tx app.Tx) error { kept = tx; return nil })
	_, get := kept.Sites().Get("000")
	_, each := keys(kept.Sites().Each())
	_, by := keys(kept.Sites().By(app.SiteByGroup, "g"))
	_, next := kept.Sites().Next()
	errs := map[string]error{
		"Get": get, "Each": each, "By": by, "Next": next,
		"Put": kept.Sites().Put(numbered(1)), "Delete": kept.Sites().Delete("000"),
	}
	for name, err := range errs {
		if err == nil || app.IsNotFound(err) {
			t.Errorf("%s after the end gave %v", name, err)
		}
	}
}
