package local_test

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhatAKillLeftHalfWrittenIsRemoved(t *testing.T) {
	tests := []struct{ name, dir, file string }{
		{"the identities", ".", ".new-1"},
		{"a workload", "workloads", ".new-2"},
		{"the copy of the binary", "bin", ".new-3"},
		{"a process of the supervisor", "supervisor/processes", "web.json.new"},
	}
	dir := t.TempDir()
	for _, test := range tests {
		if err := os.MkdirAll(filepath.Join(dir, test.dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, test.dir, test.file), []byte(`{"Wor`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openLocal(t, options(dir))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(dir, test.dir, test.file)); !os.IsNotExist(err) {
				t.Errorf("%s is still there (%v)", test.file, err)
			}
		})
	}
}
