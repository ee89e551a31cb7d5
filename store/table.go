package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"gondor/app"
)

// table is app.Table over the buckets of one noun.
type table[T app.Record] struct {
	*transaction
	noun string
}

// Get implements app.Rows.
func (t table[T]) Get(id app.ID[T]) (T, error) {
	var none T
	records, err := t.records()
	if err != nil {
		return none, err
	}
	raw := records.Get([]byte(id))
	if raw == nil {
		return none, app.NotFound(t.noun)
	}
	return decode[T](t.noun, string(id), raw)
}

// Put implements app.Table. What was there byte for byte is not written again and
// makes no change.
func (t table[T]) Put(record T) error {
	records, err := t.records()
	if err != nil {
		return err
	}
	key := record.Key()
	raw, entries, err := encode(t.noun, record)
	if err != nil || bytes.Equal(raw, records.Get([]byte(key))) {
		return err
	}
	before, err := t.entriesAt(records, key)
	if err != nil {
		return err
	}
	indexes := t.indexes()
	if err := checkEntries(t.noun, key, indexes, entries); err != nil {
		return err
	}
	return t.write(func() error {
		return errors.Join(
			deleteEntries(indexes, without(before, entries)),
			putEntries(indexes, without(entries, before)),
			records.Put([]byte(key), raw),
			t.append(app.Change{Noun: t.noun, Key: key, Instance: instanceOf(record)}),
		)
	})
}

// Delete implements app.Table.
func (t table[T]) Delete(id app.ID[T]) error {
	record, err := t.Get(id)
	if err != nil {
		return err
	}
	records, err := t.records()
	if err != nil {
		return err
	}
	return t.write(func() error {
		return errors.Join(
			deleteEntries(t.indexes(), entriesOf(record)),
			records.Delete([]byte(id)),
			t.append(app.Change{Noun: t.noun, Key: string(id), Deleted: true, Instance: instanceOf(record)}),
		)
	})
}

// Next implements app.Table. A number that an Update took and then failed is given
// again: nothing of that Update has happened.
func (t table[T]) Next() (number uint64, err error) {
	records, err := t.records()
	if err != nil {
		return 0, err
	}
	err = t.write(func() (err error) {
		number, err = records.NextSequence()
		return err
	})
	return number, err
}

// records is the bucket of the table's records, as long as the transaction lives.
func (t table[T]) records() (*bbolt.Bucket, error) {
	if err := t.live(); err != nil {
		return nil, err
	}
	return t.bucket().Bucket(recordsBucket), nil
}

// indexes is the bucket of the table's indexes.
func (t table[T]) indexes() *bbolt.Bucket { return t.bucket().Bucket(indexesBucket) }

func (t table[T]) bucket() *bbolt.Bucket {
	return t.bolt.Bucket(tablesBucket).Bucket([]byte(t.noun))
}

// entriesAt lists the places in indexes of the record that is stored now, if any.
func (t table[T]) entriesAt(records *bbolt.Bucket, key string) ([]entry, error) {
	raw := records.Get([]byte(key))
	if raw == nil {
		return nil, nil
	}
	record, err := decode[T](t.noun, key, raw)
	if err != nil {
		return nil, err
	}
	return entriesOf(record), nil
}

// instanceOf is the instance that the record belongs to, empty for none.
func instanceOf(record app.Record) app.ID[app.Instance] {
	if of, ok := record.(app.OfInstance); ok {
		return of.InstanceID()
	}
	return ""
}

// encode returns the record's bytes and its places in indexes. A record whose bytes
// would be read back with another key or other index values, as text that is not UTF-8
// is, is refused: it could not be found again.
func encode[T app.Record](noun string, record T) ([]byte, []entry, error) {
	if key := record.Key(); key == "" || len(key) > bbolt.MaxKeySize {
		return nil, nil, fmt.Errorf("the ID of a %s has %d bytes, it must have 1 to %d", noun, len(key), bbolt.MaxKeySize)
	}
	raw, err := json.Marshal(record)
	if err != nil {
		return nil, nil, fmt.Errorf("encode the %s: %w", noun, err)
	}
	stored, err := decode[T](noun, record.Key(), raw)
	if err != nil {
		return nil, nil, app.Invalid("", "the %s can't be stored: its ID must be text in UTF-8", noun)
	}
	entries := entriesOf(stored)
	if !slices.EqualFunc(entries, entriesOf(record), entry.equal) {
		return nil, nil, app.Invalid("", "the %s can't be stored: what it is found by must be text in UTF-8", noun)
	}
	return raw, entries, nil
}

// decode reads a record that is stored under the key.
func decode[T app.Record](noun, key string, raw []byte) (T, error) {
	var record, none T
	if err := json.Unmarshal(raw, &record); err != nil {
		return none, fmt.Errorf("the stored %s %q can't be read: %w", noun, key, err)
	}
	if record.Key() != key {
		return none, fmt.Errorf("the stored %s %q says that it is %q", noun, key, record.Key())
	}
	return record, nil
}
