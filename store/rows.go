package store

import (
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"gondor/app"
)

// Each implements app.Rows. Within an Update the loop's body may put and delete: the
// rows ahead are seen as they are when the loop gets there.
func (t table[T]) Each() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		records, err := t.records()
		if err != nil {
			yield(none, err)
			return
		}
		for key, raw := range t.walk(records, nil) {
			record, err := decode[T](t.noun, string(key), raw)
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// By implements app.Rows; an index that the noun does not declare is an error. Within
// an Update the loop's body may put and delete, as in Each.
func (t table[T]) By(index, value string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		bucket, err := t.index(index)
		if err != nil {
			yield(none, err)
			return
		}
		prefix := indexPrefix(value)
		for key := range t.walk(bucket, prefix) {
			record, err := t.indexed(index, app.ID[T](key[len(prefix):]))
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// One implements app.Rows.
func (t table[T]) One(index, value string) (T, error) {
	for record, err := range t.By(index, value) {
		return record, err
	}
	var none T
	return none, app.NotFound(t.noun)
}

// index is the bucket of one index, as long as the transaction lives.
func (t table[T]) index(name string) (*bbolt.Bucket, error) {
	if err := t.live(); err != nil {
		return nil, err
	}
	bucket := t.indexes().Bucket([]byte(name))
	if bucket == nil {
		return nil, fmt.Errorf("%s has no index %q", t.noun, name)
	}
	return bucket, nil
}

// indexed gets a record that an index names. That it is missing is no case of not
// found but damage.
func (t table[T]) indexed(index string, id app.ID[T]) (T, error) {
	record, err := t.Get(id)
	if app.IsNotFound(err) {
		return record, fmt.Errorf("the index %s of %s names %q, which is not stored", index, t.noun, id)
	}
	return record, err
}
