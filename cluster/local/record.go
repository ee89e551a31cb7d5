package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gondor/app"
)

// record is what is kept of a workload, in a file of its own.
type record struct {
	Workload app.Workload
	Removed  bool              // it is on its way out
	Ports    map[int]int       // of its replicas, by their index
	Healthy  map[int]time.Time // when the process of a replica that was healthy had started
}

// key is the name of a workload for the supervisor and in the directory of records.
func key(ref app.WorkloadRef) string {
	return fmt.Sprintf("%s-%s-v%d.%d", ref.Instance, ref.Service, ref.Release, ref.Restart)
}

// replicaID names a replica.
func replicaID(ref app.WorkloadRef, index int) string { return fmt.Sprintf("%s-%d", key(ref), index) }

func newRecord(w app.Workload) *record {
	return &record{Workload: w, Ports: map[int]int{}, Healthy: map[int]time.Time{}}
}

func (l layout) record(ref app.WorkloadRef) string {
	return filepath.Join(l.workloads(), url.PathEscape(key(ref))+".json")
}

func (l layout) save(r *record) error { return writeJSON(l.record(r.Workload.Ref), r) }

func (l layout) drop(r *record) error {
	if err := os.Remove(l.record(r.Workload.Ref)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget a workload: %w", err)
	}
	return nil
}

// records reads what should run.
func (l layout) records() ([]*record, error) {
	entries, err := os.ReadDir(l.workloads())
	if err != nil {
		return nil, fmt.Errorf("list the workloads: %w", err)
	}
	var all []*record
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".json") {
			continue // a file that was being written when Gondor was killed
		}
		r, err := readRecord(filepath.Join(l.workloads(), entry.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func readRecord(path string) (*record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a workload: %w", err)
	}
	r := newRecord(app.Workload{})
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("read the workload in %s: %w", path, err)
	}
	return r, nil
}
