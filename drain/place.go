package drain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gondor/app"
)

// place is how far a drain has come, as its file has it. The file is written when the far
// end has taken a batch: after a kill between the two, the batch is sent again.
type place struct {
	file string
	// Logs are the cursors of the last lines that were taken.
	Logs map[app.LogName]app.Cursor `json:"logs"`
	// Settled is a moment: all logs that ended before it were sent to their end.
	Settled time.Time `json:"settled"`
	Sent    uint64    `json:"sent"`
	Lost    uint64    `json:"lost"`
	Success time.Time `json:"success"`
}

const placeSuffix = ".json"

// openPlace reads the place of a drain. A new one is at the moment in which it was made, and
// so is one that can't be read, which comes with an error: all lines are sent again then.
func openPlace(dir string, of app.Drain) (*place, error) {
	file := filepath.Join(dir, string(of.ID)+placeSuffix)
	begin := &place{file: file, Logs: map[app.LogName]app.Cursor{}, Settled: of.Created}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return begin, fmt.Errorf("make the directory of the drains' places: %w", err)
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return begin, nil
	}
	if err != nil {
		return begin, fmt.Errorf("read how far a drain has come: %w", err)
	}
	p := &place{file: file}
	if err := json.Unmarshal(data, p); err != nil {
		return begin, fmt.Errorf("read how far a drain has come, in %s: %w", file, err)
	}
	if p.Logs == nil {
		p.Logs = map[app.LogName]app.Cursor{}
	}
	return p, nil
}

// isSettled reports whether a log ended so long ago that it was sent to its end.
func (p *place) isSettled(log app.InstanceLog) bool {
	return !log.Ended.IsZero() && log.Ended.Before(p.Settled)
}

func (p *place) count(s *state) {
	now := s.counted()
	p.Sent, p.Lost, p.Success = now.Sent, now.Lost, now.Success
}

// save replaces the file, so that a kill leaves the old one or the new one.
func (p *place) save() error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(p.file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(p.file+".new", p.file)
}

// forgetOthers removes the places of all other drains.
func forgetOthers(dir string, wanted map[app.ID[app.Drain]]bool) error {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, file := range files {
		id, _, _ := strings.Cut(file.Name(), ".")
		if !wanted[app.ID[app.Drain](id)] {
			err = errors.Join(err, os.Remove(filepath.Join(dir, file.Name())))
		}
	}
	return err
}
