package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"gondor/app"
)

// keptChanges is how many of the newest changes are kept.
const keptChanges = 10_000

// append writes a change under the next revision and forgets those that are too old.
func (t *transaction) append(change app.Change) error {
	changes := t.bolt.Bucket(changesBucket)
	revision, err := changes.NextSequence()
	if err != nil {
		return fmt.Errorf("number a change: %w", err)
	}
	change.Revision = app.Revision(revision)
	raw, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("encode a change: %w", err)
	}
	if err := changes.Put(revisionKey(change.Revision), raw); err != nil {
		return fmt.Errorf("write a change: %w", err)
	}
	return forget(changes, change.Revision)
}

// forget deletes the changes that are no longer among those kept.
func forget(changes *bbolt.Bucket, newest app.Revision) error {
	for {
		key, _ := changes.Cursor().First()
		if key == nil || decodeRevision(key)+keptChanges > newest {
			return nil
		}
		if err := changes.Delete(key); err != nil {
			return fmt.Errorf("forget a change: %w", err)
		}
	}
}

// revision is that of the newest change, 0 before the first.
func (t *transaction) revision() app.Revision {
	return app.Revision(t.bolt.Bucket(changesBucket).Sequence())
}

// after returns the changes that follow since, limit at most, or app.ErrCompacted.
func (t *transaction) after(since app.Revision, limit int) ([]app.Change, error) {
	if since == t.revision() {
		return nil, nil
	}
	cursor := t.bolt.Bucket(changesBucket).Cursor()
	key, raw := cursor.Seek(revisionKey(since + 1))
	if key == nil || decodeRevision(key) != since+1 {
		return nil, app.ErrCompacted // forgotten, or since is newer than a backup that was put back
	}
	var changes []app.Change
	for ; key != nil && len(changes) < limit; key, raw = cursor.Next() {
		change, err := decodeChange(key, raw)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change)
	}
	return changes, nil
}

func revisionKey(revision app.Revision) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(revision))
}

// decodeRevision reads a revision's key; 0, which no change has, when it is none.
func decodeRevision(key []byte) app.Revision {
	if len(key) != 8 {
		return 0
	}
	return app.Revision(binary.BigEndian.Uint64(key))
}

func decodeChange(key, raw []byte) (app.Change, error) {
	var change app.Change
	if err := json.Unmarshal(raw, &change); err != nil {
		return app.Change{}, fmt.Errorf("the stored change %x can't be read: %w", key, err)
	}
	if revision := decodeRevision(key); revision == 0 || revision != change.Revision {
		return app.Change{}, fmt.Errorf("the stored change %x says that it is %d", key, change.Revision)
	}
	return change, nil
}
