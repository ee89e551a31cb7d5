// Package store keeps the domain's nouns in one bbolt file, gondor.db.
//
// The tree of its buckets, of schema version 1. Names in capitals stand for what
// differs; a bucket ends in a slash.
//
//	meta/
//	  version                     the schema's version, in decimal digits
//	  key check                   sealed with the installation's key; absent before a key was used
//	tables/
//	  NOUN/                       "user", "resource group", …: see schema.go
//	    shape                     the indexes that it was built with, one a line
//	    records/                  its sequence is the table's last number
//	      KEY                     the record as JSON
//	    indexes/
//	      NAME/
//	        VALUE 00 01 KEY       empty; a byte 00 of VALUE is written 00 FF
//	changes/                      its sequence is the store's revision
//	  REVISION                    8 bytes, big endian; the change as JSON
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"go.etcd.io/bbolt"

	"gondor/app"
)

// FileName is the name of the store's file within its directory.
const FileName = "gondor.db"

// Store is app.Store in a bbolt file. It is safe for concurrent use.
//
// A View sees the state of the moment it began, however long it lasts, and holds up no
// writer as long as the file is smaller than 1 GiB; beyond that a writer that needs
// more room waits for the Views that are open. An Update within an Update waits for
// itself until its ctx ends.
type Store struct {
	db     *bbolt.DB
	path   string
	log    *slog.Logger
	writer chan struct{} // holds one token while an Update runs
	bell   bell          // rings after every commit that wrote changes
	closed chan struct{} // closed when Close begins

	mu      sync.Mutex     // guards the closing of closed against Add on running
	running sync.WaitGroup // transactions under way
}

var _ app.Store = (*Store)(nil)

var errClosed = app.Fault(app.CodeUnavailable, "the store is closed")

// Open opens the store in dir, making both when absent, and takes it for itself alone
// until Close. A store of an older schema version is copied beside and migrated; one of
// a newer version is refused with an error of CodeConflict and left as it was, so is a
// file that is damaged or no store. An error of CodeUnavailable says that another Gondor
// holds it.
func Open(ctx context.Context, dir string, log *slog.Logger) (*Store, error) {
	return open(ctx, dir, log, migrations())
}

// open is Open with the migrations that lead to the present version.
func open(ctx context.Context, dir string, log *slog.Logger, steps []migration) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	db, err := openFile(dir)
	if err != nil {
		return nil, err
	}
	s := newStore(db, log)
	if err := s.prepare(ctx, steps); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newStore(db *bbolt.DB, log *slog.Logger) *Store {
	return &Store{
		db:     db,
		path:   db.Path(),
		log:    log,
		writer: make(chan struct{}, 1),
		bell:   bell{rung: make(chan struct{})},
		closed: make(chan struct{}),
	}
}

// Close ends every Watch, waits for the transactions under way and gives the store
// free for others. What is asked of it afterwards fails with an error of
// CodeUnavailable. Closing again does nothing. It must not be called by a closure of
// View or Update, which it would wait for.
func (s *Store) Close() error {
	if !s.shut() {
		return nil
	}
	s.running.Wait() // bbolt would wait as well, but with a lock that a View within a View needs
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// shut lets no more transactions in; it reports false when that was so before.
func (s *Store) shut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return false
	default:
		close(s.closed)
		return true
	}
}

// enter lets one transaction in; its end is running.Done.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return errClosed
	default:
		s.running.Add(1)
		return nil
	}
}
