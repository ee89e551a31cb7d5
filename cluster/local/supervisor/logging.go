package supervisor

import (
	"os"
	"sync"
)

// logFile is where a supervisor writes what it says of itself.
const logFile = "supervisor.log"

// boundedFile appends to a file and begins a new one when it has grown to the limit; the
// one before is kept as path.1. It is safe for concurrent use.
type boundedFile struct {
	path  string
	limit int64

	mu   sync.Mutex
	file *os.File
	size int64
}

// Write implements io.Writer.
func (b *boundedFile) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.ready(); err != nil {
		return 0, err
	}
	n, err := b.file.Write(data)
	b.size += int64(n)
	return n, err
}

func (b *boundedFile) ready() error {
	if b.file != nil && b.size < b.limit {
		return nil
	}
	if b.file != nil {
		_ = b.file.Close()
		if err := os.Rename(b.path, b.path+".1"); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(b.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	b.file = file
	info, err := file.Stat()
	if err == nil {
		b.size = info.Size()
	}
	return err
}
