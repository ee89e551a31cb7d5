package supervisor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"gondor/app"
)

// record is what is written down of a process, so that another supervisor can take over.
type record struct {
	Spec     Spec
	State    State
	PID      int      // of the program that ran, 0 when none did
	Born     string   // see birth
	Restarts int      // as Status has it
	Exit     app.Exit // as Status has it
	Stopping bool
	Removing bool
}

// recordPath is the file of an ID, which may hold slashes.
func recordPath(dir, id string) string {
	return filepath.Join(dir, "processes", url.PathEscape(id)+".json")
}

// save writes the process down. The caller holds its lock.
func (p *process) save() error {
	data, err := json.Marshal(p.present())
	if err != nil {
		return fmt.Errorf("encode a process: %w", err)
	}
	return p.host.step("write "+p.spec.ID, func() error { return writeFile(recordPath(p.host.dir, p.spec.ID), data) })
}

// present is the record of the present state. The caller holds the process's lock.
func (p *process) present() record {
	r := record{
		Spec: p.spec, State: p.state, Restarts: p.restarts, Exit: p.exit,
		Stopping: p.stopping, Removing: p.removing,
	}
	if p.runs() {
		r.PID, r.Born = p.program.pid, p.program.born
	}
	return r
}

func (p *process) erase() error {
	err := p.host.step("erase "+p.spec.ID, func() error { return os.Remove(recordPath(p.host.dir, p.spec.ID)) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// loadRecords reads what an earlier supervisor wrote down. What can't be read is reported
// by bad and left alone.
func loadRecords(dir string, bad func(path string, err error)) ([]record, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "processes"))
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var all []record
	for _, e := range entries {
		path := filepath.Join(dir, "processes", e.Name())
		if !strings.HasSuffix(path, ".json") {
			_ = os.Remove(path) // a write that was interrupted; it only takes room
			continue
		}
		r, err := loadRecord(path)
		if err != nil {
			bad(path, err)
			continue
		}
		all = append(all, r)
	}
	return all, nil
}

func loadRecord(path string) (record, error) {
	var r record
	data, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, err
	}
	return r, r.Spec.Check()
}
