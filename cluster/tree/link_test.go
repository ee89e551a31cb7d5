package tree_test

import (
	"os"
	"path/filepath"
	"testing"

	"gondor/cluster/tree"
)

func TestALinkedTreeHasTheSameFilesInDirectoriesOfItsOwn(t *testing.T) {
	from, to := made(t), filepath.Join(t.TempDir(), "to")
	if err := tree.Link(from, to, os.Getuid(), os.Getgid()); err != nil {
		t.Fatal(err)
	}
	for path, shared := range map[string]bool{".": false, "b/deep": false, "a": true, "b/deep/file": true, "b/link": true, "c": true} {
		first, err := os.Lstat(filepath.Join(from, path))
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.Lstat(filepath.Join(to, path))
		if err != nil || os.SameFile(first, second) != shared || first.Mode().Type() != second.Mode().Type() {
			t.Errorf("%s is %v, %v", path, second, err)
		}
	}
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadFile(filepath.Join(from, "a")); string(left) != "hay" || err != nil {
		t.Errorf("when the other is gone the first has %q, %v", left, err)
	}
}

func TestATreeIsNotLinkedToWhereSomethingIs(t *testing.T) {
	if err := tree.Link(made(t), t.TempDir(), os.Getuid(), os.Getgid()); err == nil {
		t.Error("it was")
	}
}
