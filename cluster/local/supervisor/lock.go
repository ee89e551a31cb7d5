package supervisor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"gondor/app"
)

// lock makes sure that one supervisor owns dir; it holds for the life of the file, so it
// goes with the process however that ends. CodeConflict when another has it.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "supervisor.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errors.Join(app.Conflict("dir", "another supervisor has %s", dir), f.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take the lock: %w", err), f.Close())
	}
	return f, nil
}

// locked reports whether a supervisor lives in dir.
func locked(dir string) bool {
	f, err := lock(dir)
	if err != nil {
		return app.CodeOf(err) == app.CodeConflict
	}
	return f.Close() != nil
}
