package store

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"gondor/app"
)

func TestARecordComesBackAsItWasPut(t *testing.T) {
	dir := t.TempDir()
	want := app.Release{
		ID: "r1", Instance: "i1", Number: 3, Build: "b1", Services: []string{"web", "worker"},
		Env:        map[string]app.Sealed{"A": {0, 1, 0xff}},
		ServiceEnv: map[string]map[string]app.Sealed{"web": {"B": {2}}},
		State:      app.ReleaseActive, Message: "fine \x00 \u2028 <b>", Created: time.Unix(1, 2).UTC(),
	}
	s := openStore(t, dir)
	update(t, s, func(tx app.Tx) error { return tx.Releases().Put(want) })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	view(t, openStore(t, dir), func(r app.Reader) error {
		got, err := r.Releases().Get("r1")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %#v, want %#v", got, want)
		}
		return err
	})
}

func TestWhatIsMissingIsNotFoundByTheNameOfItsNoun(t *testing.T) {
	s := openStore(t, t.TempDir())
	update(t, s, func(tx app.Tx) error {
		_, get := tx.SiteUsers().Get("none")
		_, one := tx.SiteUsers().One(app.SiteUserBySite, "none")
		for name, err := range map[string]error{"Get": get, "One": one, "Delete": tx.SiteUsers().Delete("none")} {
			wantCode(t, err, app.CodeNotFound)
			if !strings.Contains(err.Error(), "site user") {
				t.Errorf("%s says %q, it should name the site user", name, err)
			}
		}
		return nil
	})
	if revision, err := s.Revision(t.Context()); revision != 0 || err != nil {
		t.Errorf("deleting nothing left revision %d, %v", revision, err)
	}
}

func TestEachTableHasItsOwnRecordsUnderItsOwnName(t *testing.T) {
	s := openStore(t, t.TempDir())
	update(t, s, func(tx app.Tx) error {
		return errors.Join(
			tx.Users().Put(app.User{ID: "1", Name: "1"}), tx.Tokens().Put(app.Token{ID: "1"}),
			tx.Groups().Put(app.ResourceGroup{ID: "1", Name: "1"}), tx.Members().Put(app.Member{ID: "1"}),
			tx.Sites().Put(app.Site{ID: "1"}), tx.SiteUsers().Put(app.SiteUser{ID: "1"}),
			tx.Instances().Put(app.Instance{ID: "1"}), tx.Services().Put(app.Service{ID: "1"}),
			tx.Builds().Put(app.Build{ID: "1"}), tx.Releases().Put(app.Release{ID: "1"}),
			tx.Deployments().Put(app.Deployment{ID: "1"}), tx.Variables().Put(app.Variable{ID: "1"}),
			tx.Hosts().Put(app.Host{ID: "1"}), tx.Drains().Put(app.Drain{ID: "1"}),
		)
	})
	want := []string{
		"user", "token", "resource group", "member", "site", "site user", "instance",
		"service", "build", "release", "deployment", "variable", "host", "log drain",
	}
	for i, change := range changesAfter(t, s, 0, len(want)) {
		if change.Noun != want[i] || change.Key != "1" {
			t.Errorf("change %d is of %s %s, want %s", i+1, change.Noun, change.Key, want[i])
		}
	}
	view(t, s, func(r app.Reader) error {
		wantKeys(t, r.Users().Each(), "1")
		wantKeys(t, r.Tokens().Each(), "1")
		wantKeys(t, r.Groups().Each(), "1")
		wantKeys(t, r.Members().Each(), "1")
		wantKeys(t, r.Sites().Each(), "1")
		wantKeys(t, r.SiteUsers().Each(), "1")
		wantKeys(t, r.Instances().Each(), "1")
		wantKeys(t, r.Services().Each(), "1")
		wantKeys(t, r.Builds().Each(), "1")
		wantKeys(t, r.Releases().Each(), "1")
		wantKeys(t, r.Deployments().Each(), "1")
		wantKeys(t, r.Variables().Each(), "1")
		wantKeys(t, r.Hosts().Each(), "1")
		wantKeys(t, r.Drains().Each(), "1")
		return nil
	})
	wantSound(t, s)
}

func TestByFindsTheRecordsOfExactlyThatValueInOrder(t *testing.T) {
	values := []string{"a", "a\x00", "a\x00\x01", "a\x00\x01k", "a\x00\xc3\xbf", "aa", "b", "\x00", "\x01", "ä", strings.Repeat("x", 10_000)}
	s := openStore(t, t.TempDir())
	update(t, s, func(tx app.Tx) error {
		for _, value := range values {
			for _, key := range []string{"k2:", "k1:", "\x00\x01k:"} {
				if err := tx.SiteUsers().Put(app.SiteUser{ID: app.ID[app.SiteUser](key + value), Site: app.ID[app.Site](value)}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	view(t, s, func(r app.Reader) error {
		for _, value := range values {
			wantKeys(t, r.SiteUsers().By(app.SiteUserBySite, value), "\x00\x01k:"+value, "k1:"+value, "k2:"+value)
			one, err := r.SiteUsers().One(app.SiteUserBySite, value)
			if one.Key() != "\x00\x01k:"+value || err != nil {
				t.Errorf("One of %q is %q, %v", value, one.Key(), err)
			}
		}
		wantKeys(t, r.SiteUsers().By(app.SiteUserBySite, "nobody"))
		wantKeys(t, r.SiteUsers().By(app.SiteUserByUser, "")) // empty values are left out
		return nil
	})
	wantSound(t, s)
}

func TestAnIndexThatTheNounDoesNotHaveIsAnError(t *testing.T) {
	view(t, openStore(t, t.TempDir()), func(r app.Reader) error {
		if _, err := keys(r.Sites().By("colour", "red")); err == nil || app.IsNotFound(err) {
			t.Errorf("By an unknown index gave %v", err)
		}
		if _, err := r.Sites().One("colour", "red"); err == nil || app.IsNotFound(err) {
			t.Errorf("One of an unknown index gave %v", err)
		}
		return nil
	})
}

func TestAUniqueValueBelongsToOneRecord(t *testing.T) {
	s := openStore(t, t.TempDir())
	putSites(t, s, app.Site{ID: "1", Group: "g", Name: "shop"})
	update(t, s, func(tx app.Tx) error {
		err := tx.Sites().Put(app.Site{ID: "2", Group: "g", Name: "shop"})
		if !errors.Is(err, app.ErrNotUnique) || !strings.Contains(err.Error(), "site by name") {
			t.Errorf("a second record with the name gave %v", err)
		}
		return nil // the refusal wrote nothing, so the rest may be committed
	})
	wantSound(t, s)
	update(t, s, func(tx app.Tx) error {
		wantKeys(t, tx.Sites().Each(), "1")
		return errors.Join(
			tx.Sites().Put(app.Site{ID: "1", Group: "g", Name: "store"}), // frees the name
			tx.Sites().Put(app.Site{ID: "2", Group: "g", Name: "shop"}),
			tx.Sites().Delete("1"),
			tx.Sites().Put(app.Site{ID: "3", Group: "g", Name: "store"}),
		)
	})
	view(t, s, func(r app.Reader) error {
		wantKeys(t, r.Sites().By(app.SiteByName, "g/shop"), "2")
		wantKeys(t, r.Sites().By(app.SiteByName, "g/store"), "3")
		wantKeys(t, r.Sites().By(app.SiteByGroup, "g"), "2", "3")
		return nil
	})
	wantSound(t, s)
}

func TestARecordThatCouldNotBeFoundAgainIsRefused(t *testing.T) {
	refused := map[string]app.Site{
		"an empty ID":                    {Name: "a"},
		"an ID that is not UTF-8":        {ID: "\xff", Name: "a"},
		"an index value that is not":     {ID: "1", Group: "\xff", Name: "a"},
		"an ID that is too long":         {ID: app.ID[app.Site](strings.Repeat("x", 40_000)), Name: "a"},
		"an index value that is as long": {ID: "1", Name: strings.Repeat("x", 40_000)},
	}
	s := openStore(t, t.TempDir())
	for name, record := range refused {
		t.Run(name, func(t *testing.T) {
			update(t, s, func(tx app.Tx) error {
				if err := tx.Sites().Put(record); err == nil {
					t.Error("it was stored")
				}
				return nil
			})
			view(t, s, func(r app.Reader) error {
				wantKeys(t, r.Sites().Each())
				return nil
			})
			wantSound(t, s)
		})
	}
}

func TestNextCountsFromOneAndNeverTwice(t *testing.T) {
	dir := t.TempDir()
	take := func(s *Store, want uint64) {
		t.Helper()
		update(t, s, func(tx app.Tx) error {
			got, err := tx.Groups().Next()
			if got != want {
				t.Errorf("the next number is %d, want %d", got, want)
			}
			return err
		})
	}
	s := openStore(t, dir)
	take(s, 1)
	take(s, 2)
	update(t, s, func(tx app.Tx) error {
		if got, err := tx.Sites().Next(); got != 1 || err != nil {
			t.Errorf("another table's first number is %d, %v", got, err)
		}
		return errors.Join(tx.Groups().Put(app.ResourceGroup{ID: "1", Number: 2, Name: "a"}), tx.Groups().Delete("1"))
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	take(openStore(t, dir), 3)
}
