package cli

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
)

// accessLogName is the name of the access log in the data directory.
const accessLogName = "access.log"

// rotating is a file that is renamed to NAME.1 when it has grown, or when the disk is
// full, and begun anew. It is safe for concurrent use.
type rotating struct {
	path  string
	limit int64

	mu   sync.Mutex
	file *os.File
	size int64
}

func openRotating(path string, limit int64) (*rotating, error) {
	r := &rotating{path: path, limit: limit}
	return r, r.open()
}

func (r *rotating) open() error {
	file, err := os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the access log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("look at the access log: %w", err), file.Close())
	}
	r.file, r.size = file, info.Size()
	return nil
}

// Write implements io.Writer.
func (r *rotating) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size > 0 && r.size+int64(len(p)) > r.limit {
		if err := r.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := r.write(p)
	for range 2 { // the first frees the file before this one, the second this one
		if !errors.Is(err, syscall.ENOSPC) {
			break
		}
		if err := r.rotate(); err != nil {
			return n, err
		}
		n, err = r.write(p)
	}
	return n, err
}

func (r *rotating) write(p []byte) (int, error) {
	n, err := r.file.Write(p)
	r.size += int64(n)
	return n, err
}

// rotate leaves the file that is open in place when it fails.
func (r *rotating) rotate() error {
	full := r.file
	if err := os.Rename(r.path, r.path+".1"); err != nil {
		return fmt.Errorf("rotate the access log: %w", err)
	}
	if err := r.open(); err != nil {
		return err
	}
	return full.Close()
}

// Close implements io.Closer.
func (r *rotating) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file.Close()
}
