package logfile

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// syncPause is how long what was written may wait to be told to the disk.
const syncPause = time.Second

// syncer tells the disk what was written, so that a loss of power costs no more than the last
// second. A kill of a process costs nothing: the system has what was written. Nobody who
// writes waits for the disk, and while nothing is written nothing happens.
type syncer struct {
	failed func(error)

	mu    sync.Mutex
	files map[*os.File]bool // to be synced; true: then to be closed
	timer *time.Timer       // nil when none is due
	pass  sync.Mutex        // held while files are synced
}

func newSyncer(failed func(error)) *syncer {
	return &syncer{failed: failed, files: map[*os.File]bool{}}
}

// wrote says that a file has something new.
func (s *syncer) wrote(f *os.File) { s.add(f, false) }

// retire has a file synced and closed: nothing more is written to it.
func (s *syncer) retire(f *os.File) { s.add(f, true) }

func (s *syncer) add(f *os.File, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[f] = last
	if s.timer == nil {
		s.timer = time.AfterFunc(syncPause, func() {
			if err := s.sync(); err != nil {
				s.failed(err)
			}
		})
	}
}

// take returns what there is to sync.
func (s *syncer) take() map[*os.File]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	files := s.files
	s.files = map[*os.File]bool{}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	return files
}

// sync returns when all that was written before is on the disk.
func (s *syncer) sync() error {
	s.pass.Lock()
	defer s.pass.Unlock()
	var failed error
	for f, last := range s.take() {
		failed = errors.Join(failed, f.Sync())
		if last {
			failed = errors.Join(failed, f.Close())
		}
	}
	if failed != nil {
		return fmt.Errorf("bring logs to the disk: %w", failed)
	}
	return nil
}
