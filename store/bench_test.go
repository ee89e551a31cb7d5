package store

import (
	"fmt"
	"log/slog"
	"testing"

	"gondor/app"
)

// big makes a store of 1,000 sites with an instance, a host, two services and five
// variables each, 10,000 records.
func big(b *testing.B) string {
	dir := b.TempDir()
	s := openStore(b, dir)
	update(b, s, func(tx app.Tx) error {
		for i := range 1000 {
			if err := putBig(tx, i); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

func putBig(tx app.Tx, i int) error {
	id := fmt.Sprintf("%06d", i)
	of := app.ID[app.Instance](id)
	if err := tx.Sites().Put(app.Site{ID: app.ID[app.Site](id), Group: "g", Name: id}); err != nil {
		return err
	}
	if err := tx.Instances().Put(app.Instance{ID: of, Site: app.ID[app.Site](id), Label: "primary", Domain: id}); err != nil {
		return err
	}
	if err := tx.Hosts().Put(app.Host{ID: app.ID[app.Host](id), Instance: of, Name: id}); err != nil {
		return err
	}
	for _, name := range []string{"web", "worker"} {
		if err := tx.Services().Put(app.Service{ID: app.ID[app.Service](id + name), Instance: of, Name: name}); err != nil {
			return err
		}
	}
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		if err := tx.Variables().Put(app.Variable{ID: app.ID[app.Variable](id + name), Instance: of, Name: name}); err != nil {
			return err
		}
	}
	return nil
}

func BenchmarkOpenOf10000Records(b *testing.B) {
	dir := big(b)
	for b.Loop() {
		s, err := Open(b.Context(), dir, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetOf10000Records(b *testing.B) {
	s := openStore(b, big(b))
	for i := 0; b.Loop(); i++ {
		id := app.ID[app.Instance](fmt.Sprintf("%06d", i%1000))
		view(b, s, func(r app.Reader) error {
			_, err := r.Instances().Get(id)
			return err
		})
	}
}

func BenchmarkByOf10000Records(b *testing.B) {
	s := openStore(b, big(b))
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprintf("%06d", i%1000)
		view(b, s, func(r app.Reader) error {
			found, err := keys(r.Variables().By(app.VariableByOwner, id))
			if len(found) != 5 {
				b.Fatalf("%d variables were found, want 5", len(found))
			}
			return err
		})
	}
}

func BenchmarkEachOf1000Sites(b *testing.B) {
	s := openStore(b, big(b))
	for b.Loop() {
		view(b, s, func(r app.Reader) error {
			found, err := keys(r.Sites().Each())
			if len(found) != 1000 {
				b.Fatalf("%d sites were found, want 1000", len(found))
			}
			return err
		})
	}
}

// BenchmarkPutInto10000Records includes the sync to the disk that ends each Update.
func BenchmarkPutInto10000Records(b *testing.B) {
	s := openStore(b, big(b))
	for i := 0; b.Loop(); i++ {
		update(b, s, func(tx app.Tx) error {
			return tx.Hosts().Put(app.Host{ID: app.ID[app.Host](fmt.Sprintf("%06d", i%1000)), Instance: "i", Name: fmt.Sprint("new", i)})
		})
	}
}
