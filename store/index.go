package store

import (
	"bytes"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"gondor/app"
)

// entry is one record's place in one index.
type entry struct {
	index  string
	unique bool
	prefix []byte // what the entries of all records with this value begin with
	key    []byte // prefix and the record's key
}

func (e entry) equal(other entry) bool {
	return e.index == other.index && bytes.Equal(e.key, other.key)
}

// entriesOf lists the places that a record has in its indexes.
func entriesOf(record app.Record) []entry {
	var entries []entry
	for _, index := range record.Indexes() {
		if index.Value == "" {
			continue
		}
		prefix := indexPrefix(index.Value)
		key := append(slices.Clone(prefix), record.Key()...)
		entries = append(entries, entry{index: index.Name, unique: index.Unique, prefix: prefix, key: key})
	}
	return entries
}

// indexPrefix is an index value in such a form that no value's is the beginning of
// another's: a byte 00 becomes 00 FF, and 00 01 is the end. Its order is the values'.
func indexPrefix(value string) []byte {
	prefix := make([]byte, 0, len(value)+2)
	for i := range len(value) {
		prefix = append(prefix, value[i])
		if value[i] == 0 {
			prefix = append(prefix, 0xff)
		}
	}
	return append(prefix, 0, 1)
}

// checkEntries says why the record of that key can't have these entries: an index that
// its noun does not declare, a value that is too long, or one that another record holds.
func checkEntries(noun, key string, indexes *bbolt.Bucket, entries []entry) error {
	for _, e := range entries {
		index := indexes.Bucket([]byte(e.index))
		switch {
		case index == nil:
			return fmt.Errorf("%s has no index %q", noun, e.index)
		case len(e.key) > bbolt.MaxKeySize:
			return fmt.Errorf("the value of the index %s of a %s is longer than %d bytes", e.index, noun, bbolt.MaxKeySize)
		case e.unique && heldByAnother(index, e, key):
			return fmt.Errorf("%s by %s: %w", noun, e.index, app.ErrNotUnique)
		}
	}
	return nil
}

// heldByAnother reports whether a record of another key has the entry's value.
func heldByAnother(index *bbolt.Bucket, e entry, key string) bool {
	cursor := index.Cursor()
	for k, _ := cursor.Seek(e.prefix); k != nil && bytes.HasPrefix(k, e.prefix); k, _ = cursor.Next() {
		if string(k[len(e.prefix):]) != key {
			return true
		}
	}
	return false
}

func putEntries(indexes *bbolt.Bucket, entries []entry) error {
	for _, e := range entries {
		if err := indexes.Bucket([]byte(e.index)).Put(e.key, nil); err != nil {
			return fmt.Errorf("write the index %s: %w", e.index, err)
		}
	}
	return nil
}

func deleteEntries(indexes *bbolt.Bucket, entries []entry) error {
	for _, e := range entries {
		if err := indexes.Bucket([]byte(e.index)).Delete(e.key); err != nil {
			return fmt.Errorf("write the index %s: %w", e.index, err)
		}
	}
	return nil
}

// without returns the entries that are not among the others.
func without(entries, others []entry) []entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e entry) bool {
		return slices.ContainsFunc(others, e.equal)
	})
}
