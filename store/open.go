package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"gondor/app"
)

const (
	// lockPatience is how long Open waits for another Gondor that is just ending.
	lockPatience = 500 * time.Millisecond
	// mapSize is how much address space the file is given at once. A writer waits for
	// all readers only when the file outgrows it.
	mapSize = 1 << 30
	// growth is by how many bytes the file grows at a time.
	growth = 1 << 20
)

// openFile opens the bbolt file in dir, locked, and makes both when absent.
func openFile(dir string) (*bbolt.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the store's directory: %w", err)
	}
	path := filepath.Join(dir, FileName)
	db, err := openBolt(path)
	if err != nil {
		return nil, explain(path, err)
	}
	db.AllocSize = growth
	if err := errors.Join(checkLength(db), syncDirectory(dir)); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openBolt opens the file and turns what bbolt panics with, or the fault of reading a
// map behind a file's end, into an error: the file is damaged then.
func openBolt(path string) (db *bbolt.DB, err error) {
	var file *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = errors.Join(damaged(path, fmt.Sprint(cause)), unlock(file))
		}
	}()
	return bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         lockPatience,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapSize,
		NoStatistics:    true,
		OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
			file, err = os.OpenFile(name, flag, mode)
			return file, err
		},
	})
}

// unlock gives up a file whose map bbolt has left behind: the map alone would keep it
// locked.
func unlock(file *os.File) error {
	return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
}

// explain says for people why the file could not be opened. What is no fault of the
// system is one of the file's contents.
func explain(path string, err error) error {
	var system syscall.Errno
	var fault *app.Error
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return app.Fault(app.CodeUnavailable,
			"another Gondor is using the store %s; stop it first, or choose another data directory", path)
	case errors.As(err, &system):
		return fmt.Errorf("open the store: %w", err)
	case errors.As(err, &fault):
		return err
	}
	return damaged(path, err.Error())
}

// damaged is the error of a file that can't be read as a store.
func damaged(path, why string) error {
	return app.Conflict("", "%s is damaged or not a store of Gondor (%s); put a backup of it in its place, or choose another data directory", path, why)
}

// checkLength refuses a file that is shorter than its contents.
func checkLength(db *bbolt.DB) error {
	info, err := os.Stat(db.Path())
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	return db.View(func(tx *bbolt.Tx) error {
		if info.Size() < tx.Size() {
			return damaged(db.Path(), fmt.Sprintf("it has %d bytes of %d", info.Size(), tx.Size()))
		}
		return nil
	})
}
