package app

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Record is a noun that the store keeps: a plain value whose exported fields are its
// contents.
type Record interface {
	// Key is the record's ID within its table.
	Key() string
	// Indexes are the other ways to find it. An entry with an empty value is left out.
	Indexes() []Index
}

// Index is one way to find a record. The names of a noun's indexes are constants
// beside the noun.
type Index struct {
	Name   string
	Value  string
	Unique bool // a second record with this value is refused with ErrNotUnique
}

// indexedWhile is the value of an index that has a record only while something is so.
func indexedWhile[T any](so bool, value ID[T]) string {
	if !so {
		return ""
	}
	return string(value)
}

// Rows reads one table. Values that come out are the caller's own copies.
type Rows[T Record] interface {
	// Get returns the record, or an error of CodeNotFound that names the noun.
	Get(id ID[T]) (T, error)
	// Each yields all records in the order of their IDs. After an error it ends.
	Each() iter.Seq2[T, error]
	// By yields the records whose index has the value, in the order of their IDs.
	By(index, value string) iter.Seq2[T, error]
	// One returns the first record of By, or an error of CodeNotFound.
	One(index, value string) (T, error)
}

// Table reads and writes one table.
type Table[T Record] interface {
	Rows[T]
	// Put stores the record under its Key, new or in place of what was there.
	// ErrNotUnique when another record holds one of its unique index values.
	Put(record T) error
	// Delete removes the record. An error of CodeNotFound when there is none.
	Delete(id ID[T]) error
	// Next returns the table's next number, from 1; a number is never given twice.
	Next() (uint64, error)
}

// Reader sees one consistent state of all tables.
type Reader interface {
	Users() Rows[User]
	Tokens() Rows[Token]
	Groups() Rows[ResourceGroup]
	Members() Rows[Member]
	Sites() Rows[Site]
	SiteUsers() Rows[SiteUser]
	Instances() Rows[Instance]
	Services() Rows[Service]
	Builds() Rows[Build]
	Releases() Rows[Release]
	Deployments() Rows[Deployment]
	Variables() Rows[Variable]
	Hosts() Rows[Host]
	Drains() Rows[Drain]
	Tasks() Rows[ScheduledTask]
	TaskRuns() Rows[TaskRun]
	Runs() Rows[Run]
	Events() Rows[Event]
	Alerts() Rows[Alert]
	Receivers() Rows[Receiver]
	Deliveries() Rows[Delivery]
}

// Tx reads and writes all tables; what it wrote is seen by others all at once, when
// its closure has returned nil, or never.
type Tx interface {
	Users() Table[User]
	Tokens() Table[Token]
	Groups() Table[ResourceGroup]
	Members() Table[Member]
	Sites() Table[Site]
	SiteUsers() Table[SiteUser]
	Instances() Table[Instance]
	Services() Table[Service]
	Builds() Table[Build]
	Releases() Table[Release]
	Deployments() Table[Deployment]
	Variables() Table[Variable]
	Hosts() Table[Host]
	Drains() Table[Drain]
	Tasks() Table[ScheduledTask]
	TaskRuns() Table[TaskRun]
	Runs() Table[Run]
	Events() Table[Event]
	Alerts() Table[Alert]
	Receivers() Table[Receiver]
	Deliveries() Table[Delivery]
	// Reader shows the same transaction, what it has written so far included.
	Reader() Reader
}

// Store keeps the domain's nouns. It is safe for concurrent use.
type Store interface {
	// View runs fn on one consistent state.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn as one atomic change: durable when Update has returned nil, and
	// without any trace when fn or Update return an error. One runs at a time. fn must
	// not call an engine.
	Update(ctx context.Context, fn func(Tx) error) error
	// Prove makes sure that changes can be written: it makes the disk take one that changes
	// nothing. It returns what Update would, CodeFull where the disk has no room.
	Prove(ctx context.Context) error
	// Watch yields every change after since in order, and waits for more until ctx ends.
	// It yields ErrCompacted and ends when changes after since are no longer kept: the
	// caller then lists again. Watch from Revision 0 on a store that has forgotten its
	// first changes is compacted too; begin with Revision().
	Watch(ctx context.Context, since Revision) iter.Seq2[Change, error]
	// Backup writes a copy of the store as it is at this moment, while others go on reading
	// and writing. What opens its secrets is not part of it.
	Backup(ctx context.Context, w io.Writer) error
	// Revision is that of the newest change, 0 for a store that never had one.
	Revision(ctx context.Context) (Revision, error)
}

// Revision numbers the changes of a store, from 1, without gaps.
type Revision uint64

// Change says that a record was written or deleted. It is written in the same
// transaction as the record.
type Change struct {
	Revision Revision
	Noun     string // the table's name: "site", "release", …
	Key      string
	Deleted  bool
	// Instance is the instance that the record belongs to, empty when it belongs to none.
	Instance ID[Instance]
}

// Errors of the store that callers tell apart.
var (
	// ErrCompacted says that the changes asked for are no longer kept.
	ErrCompacted = errors.New("the changes asked for are no longer kept")
	// ErrNotUnique says that another record has the same value in a unique index.
	ErrNotUnique = errors.New("another record has this value already")
)

// OfInstance is implemented by records that belong to one instance, so that their
// changes can say so.
type OfInstance interface{ InstanceID() ID[Instance] }
