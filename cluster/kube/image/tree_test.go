package image

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestADirectoryComesOutOfItsLayerAsItWas(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	must(t, os.MkdirAll(filepath.Join(from, "deep/er"), 0o755))
	must(t, os.WriteFile(filepath.Join(from, "deep/er/file"), []byte("contents"), 0o444))
	must(t, os.Chtimes(filepath.Join(from, "deep/er/file"), at, at))
	must(t, os.Link(filepath.Join(from, "deep/er/file"), filepath.Join(from, "twin")))
	must(t, os.WriteFile(filepath.Join(from, "run"), nil, 0o755))
	must(t, os.Symlink("/nowhere/at/all", filepath.Join(from, "link")))
	layer, err := Directory(from, ".")
	must(t, err)
	defer func() { must(t, layer.Close()) }()
	must(t, Unpack(layer, to, 1<<20))

	text, err := os.ReadFile(filepath.Join(to, "deep/er/file"))
	must(t, err)
	info, err := os.Stat(filepath.Join(to, "deep/er/file"))
	must(t, err)
	if string(text) != "contents" || info.Mode() != 0o444 || !info.ModTime().Equal(at) {
		t.Errorf("the file is %q, %v, %v", text, info.Mode(), info.ModTime())
	}
	twin, err := os.Stat(filepath.Join(to, "twin"))
	must(t, err)
	if !os.SameFile(info, twin) {
		t.Error("the second name is another file")
	}
	if target, err := os.Readlink(filepath.Join(to, "link")); err != nil || target != "/nowhere/at/all" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	if info, err := os.Stat(filepath.Join(to, "run")); err != nil || info.Mode() != 0o755 {
		t.Errorf("the program is %v, %v", info, err)
	}
}

func TestALayerThatHoldsMoreThanItMayIsNotUnpacked(t *testing.T) {
	from := t.TempDir()
	must(t, os.WriteFile(filepath.Join(from, "file"), make([]byte, 1000), 0o644))
	layer, err := Directory(from, ".")
	must(t, err)
	defer func() { must(t, layer.Close()) }()
	if Unpack(layer, t.TempDir(), 999) == nil {
		t.Error("it was unpacked")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
