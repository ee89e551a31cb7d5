package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"go.etcd.io/bbolt"

	"gondor/app"
)

// The fixed names of the bucket tree.
var (
	metaBucket    = []byte("meta")
	tablesBucket  = []byte("tables")
	recordsBucket = []byte("records")
	indexesBucket = []byte("indexes")
	changesBucket = []byte("changes")

	versionKey  = []byte("version")
	keyCheckKey = []byte("key check")
	shapeKey    = []byte("shape")
)

// migration is one step from a schema version to the next.
type migration struct {
	name string
	run  func(*bbolt.Tx) error
}

// migrations lead from an empty file to the present schema version, which is their
// number. Steps are only ever added, at the end, and work on the buckets as the version
// before left them. New tables and indexes that come, go or become unique need none:
// they are made as schema says whenever they differ. An index that keeps its name but
// gets other values needs a step that deletes its table's shape.
func migrations() []migration {
	return []migration{
		{"lay the buckets", layBuckets},
	}
}

func layBuckets(tx *bbolt.Tx) error {
	for _, name := range [][]byte{metaBucket, tablesBucket, changesBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("make the bucket %s: %w", name, err)
		}
	}
	return nil
}

// prepare brings the file to the present version, in one transaction, or refuses it. A
// store that is there already is only read.
func (s *Store) prepare(ctx context.Context, steps []migration) error {
	version, ready := 0, false
	err := s.db.View(func(tx *bbolt.Tx) (err error) {
		version, err = versionOf(tx)
		ready = err == nil && version == len(steps) && len(misfits(tx)) == 0
		return err
	})
	switch {
	case err != nil:
		return damaged(s.path, err.Error())
	case version > len(steps):
		return s.tooNew(version, len(steps))
	case ready:
		return nil
	}
	if err := s.keepOld(ctx, version, len(steps)); err != nil {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return s.migrate(tx, version, steps) })
}

// versionOf returns the schema version of the file, 0 when it is empty.
func versionOf(tx *bbolt.Tx) (int, error) {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		if name, _ := tx.Cursor().First(); name != nil {
			return 0, errors.New("it has no schema version")
		}
		return 0, nil
	}
	if tx.Bucket(tablesBucket) == nil || tx.Bucket(changesBucket) == nil {
		return 0, errors.New("it lacks tables or changes")
	}
	version, err := strconv.Atoi(string(meta.Get(versionKey)))
	if err != nil || version < 1 {
		return 0, fmt.Errorf("its schema version is %q", meta.Get(versionKey))
	}
	return version, nil
}

func (s *Store) tooNew(version, known int) error {
	return app.Conflict("", "the store %s has schema version %d, this Gondor knows versions up to %d; "+
		"run the newer Gondor that wrote it, or put back the copy that was made before its upgrade", s.path, version, known)
}

// keepOld copies a store of an older version to "gondor-vN.db" beside it, so that there
// is a way back to the Gondor that wrote it.
func (s *Store) keepOld(ctx context.Context, version, present int) error {
	if version == 0 || version == present {
		return nil
	}
	path := filepath.Join(filepath.Dir(s.path), fmt.Sprintf("gondor-v%d.db", version))
	if err := s.BackupFile(ctx, path); err != nil {
		return fmt.Errorf("copy the store before its upgrade: %w", err)
	}
	s.log.Info("copied the store before its upgrade", "copy", path)
	return nil
}

// migrate takes the steps that the version lacks.
func (s *Store) migrate(tx *bbolt.Tx, version int, steps []migration) error {
	for number, step := range steps[version:] {
		if err := step.run(tx); err != nil {
			return fmt.Errorf("upgrade the store to version %d, %s: %w", version+number+1, step.name, err)
		}
		s.log.Info("upgraded the store", "version", version+number+1, "step", step.name)
	}
	for _, shape := range misfits(tx) {
		if err := shape.build(tx.Bucket(tablesBucket)); err != nil {
			return fmt.Errorf("upgrade the store: %w", err)
		}
	}
	return tx.Bucket(metaBucket).Put(versionKey, []byte(strconv.Itoa(len(steps))))
}

// misfits lists the tables that are not as schema says.
func misfits(tx *bbolt.Tx) []shape {
	return slices.DeleteFunc(schema(), func(s shape) bool { return s.fits(tx.Bucket(tablesBucket)) })
}
