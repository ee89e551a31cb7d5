package supervisor

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"gondor/app"
)

// lock makes sure that one supervisor owns dir. It is a record lock (fcntl(2)): it goes
// with the process however that ends, children don't inherit it, and it can be looked at
// without being taken. CodeConflict when another process has it.
func lock(dir string) (*os.File, error) {
	f, err := openLock(dir)
	if err != nil {
		return nil, err
	}
	err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, wholeFile())
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return nil, errors.Join(app.Conflict("dir", "another supervisor has %s", dir), f.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take the lock: %w", err), f.Close())
	}
	return f, nil
}

// locked reports whether another process has the lock of dir.
func locked(dir string) bool {
	f, err := openLock(dir)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	l := wholeFile()
	return unix.FcntlFlock(f.Fd(), unix.F_GETLK, l) == nil && l.Type != unix.F_UNLCK
}

func openLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "supervisor.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	return f, nil
}

func wholeFile() *unix.Flock_t {
	return &unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
}
