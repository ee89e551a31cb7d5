package store

import (
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"gondor/app"
)

// The names of the tables, which changes and errors bear too.
const (
	user       = "user"
	token      = "token"
	group      = "resource group"
	member     = "member"
	site       = "site"
	siteUser   = "site user"
	instance   = "instance"
	service    = "service"
	build      = "build"
	release    = "release"
	deployment = "deployment"
	variable   = "variable"
	host       = "host"
	drain      = "log drain"
	task       = "scheduled task"
	taskRun    = "task run"
	run        = "run"
	event      = "event"
	alert      = "alert"
	receiver   = "alert receiver"
	delivery   = "delivery"
)

// schema lists all tables.
func schema() []shape {
	return []shape{
		shapeOf[app.User](user),
		shapeOf[app.Token](token),
		shapeOf[app.ResourceGroup](group),
		shapeOf[app.Member](member),
		shapeOf[app.Site](site),
		shapeOf[app.SiteUser](siteUser),
		shapeOf[app.Instance](instance),
		shapeOf[app.Service](service),
		shapeOf[app.Build](build),
		shapeOf[app.Release](release),
		shapeOf[app.Deployment](deployment),
		shapeOf[app.Variable](variable),
		shapeOf[app.Host](host),
		shapeOf[app.Drain](drain),
		shapeOf[app.ScheduledTask](task),
		shapeOf[app.TaskRun](taskRun),
		shapeOf[app.Run](run),
		shapeOf[app.Event](event),
		shapeOf[app.Alert](alert),
		shapeOf[app.Receiver](receiver),
		shapeOf[app.Delivery](delivery),
	}
}

// shape is what the store must know of a table whatever its type: its name, its
// indexes, and the entries that a stored record has in them.
type shape struct {
	noun    string
	indexes []app.Index
	entries func(key string, raw []byte) ([]entry, error)
}

// shapeOf reads the indexes off the noun's zero value.
func shapeOf[T app.Record](noun string) shape {
	var zero T
	return shape{noun: noun, indexes: zero.Indexes(), entries: func(key string, raw []byte) ([]entry, error) {
		record, err := decode[T](noun, key, raw)
		if err != nil {
			return nil, err
		}
		return entriesOf(record), nil
	}}
}

// String lists the indexes, one a line, as the shape is kept beside the table.
func (s shape) String() string {
	lines := make([]string, len(s.indexes))
	for i, index := range s.indexes {
		lines[i] = index.Name
		if index.Unique {
			lines[i] += " unique"
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// fits reports whether the table exists and was built with these indexes.
func (s shape) fits(tables *bbolt.Bucket) bool {
	table := tables.Bucket([]byte(s.noun))
	return table != nil && string(table.Get(shapeKey)) == s.String()
}

// build makes the table when absent, and its indexes anew out of its records.
func (s shape) build(tables *bbolt.Bucket) error {
	table, err := tables.CreateBucketIfNotExists([]byte(s.noun))
	if err != nil {
		return fmt.Errorf("make the table %s: %w", s.noun, err)
	}
	records, err := table.CreateBucketIfNotExists(recordsBucket)
	if err != nil {
		return fmt.Errorf("make the table %s: %w", s.noun, err)
	}
	indexes, err := s.emptyIndexes(table)
	if err != nil {
		return fmt.Errorf("make the indexes of %s: %w", s.noun, err)
	}
	if err := s.fill(indexes, records); err != nil {
		return fmt.Errorf("make the indexes of %s: %w", s.noun, err)
	}
	return table.Put(shapeKey, []byte(s.String()))
}

func (s shape) emptyIndexes(table *bbolt.Bucket) (*bbolt.Bucket, error) {
	if table.Bucket(indexesBucket) != nil {
		if err := table.DeleteBucket(indexesBucket); err != nil {
			return nil, err
		}
	}
	indexes, err := table.CreateBucket(indexesBucket)
	if err != nil {
		return nil, err
	}
	for _, index := range s.indexes {
		if _, err := indexes.CreateBucketIfNotExists([]byte(index.Name)); err != nil {
			return nil, err
		}
	}
	return indexes, nil
}

func (s shape) fill(indexes, records *bbolt.Bucket) error {
	return records.ForEach(func(key, raw []byte) error {
		entries, err := s.entries(string(key), raw)
		if err != nil {
			return err
		}
		if err := checkEntries(s.noun, string(key), indexes, entries); err != nil {
			return err
		}
		return putEntries(indexes, entries)
	})
}
