package worktree_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gondor/app"
	"gondor/cli/worktree"
)

// repository makes a git repository with one commit of the files.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run(t, dir, "git", "init", "-q", "-b", "main")
	write(t, dir, files)
	commit(t, dir)
	return dir
}

func commit(t *testing.T, dir string) {
	t.Helper()
	run(t, dir, "git", "add", "-A")
	run(t, dir, "git", "-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", "Change")
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func find(t *testing.T, dir, root string) worktree.Tree {
	t.Helper()
	tree, err := worktree.Find(t.Context(), dir, root)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// pack returns the contents of what is packed of HEAD, and what was noticed.
func pack(t *testing.T, tree worktree.Tree) (map[string]string, worktree.Packed) {
	t.Helper()
	sha, err := tree.Commit(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	source, err := tree.Source(t.Context(), sha)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	packed, err := source.Pack(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	return unpack(t, &out), packed
}

func unpack(t *testing.T, archive io.Reader) map[string]string {
	t.Helper()
	files := map[string]string{}
	for in := tar.NewReader(archive); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := files[header.Name]; twice {
			t.Errorf("%s is packed twice", header.Name)
		}
		files[header.Name] = string(text)
		if commit := header.PAXRecords["comment"]; header.Typeflag == tar.TypeXGlobalHeader {
			files["commit"] = commit
		}
	}
}

func TestPackTakesWhatIsCommitted(t *testing.T) {
	dir := repository(t, map[string]string{"Procfile": "web: x\n", "a/ü.txt": "deep", ".gitignore": "*.log\n", strings.Repeat("long/", 30) + "f": "far"})
	write(t, dir, map[string]string{"Procfile": "changed", "new.txt": "new", "x.log": "ignored"})
	files, packed := pack(t, find(t, dir, ""))
	if files["Procfile"] != "web: x\n" || files["a/ü.txt"] != "deep" || files[strings.Repeat("long/", 30)+"f"] != "far" {
		t.Errorf("got %q", files)
	}
	if _, there := files["new.txt"]; there || packed.Files != 4 {
		t.Errorf("got %d files: %q; want the 4 that are committed", packed.Files, files)
	}
	if files["commit"] != run(t, dir, "git", "rev-parse", "HEAD") {
		t.Errorf("the archive names the commit %q", files["commit"])
	}
}

func TestPackTakesASiteBelowTheTop(t *testing.T) {
	dir := repository(t, map[string]string{"sites/blog/Procfile": "web: x\n", "other": "y"})
	files, _ := pack(t, find(t, dir, filepath.Join(dir, "sites/blog")))
	if len(files) != 1 || files["Procfile"] == "" {
		t.Errorf("got %q; want the Procfile alone", files)
	}
}

func TestPackNoticesLFSPointers(t *testing.T) {
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
	dir := repository(t, map[string]string{"big.bin": pointer, "about.txt": "see " + pointer})
	_, packed := pack(t, find(t, dir, ""))
	if !slices.Equal(packed.LFSPointers, []string{"big.bin"}) {
		t.Errorf("got %q", packed.LFSPointers)
	}
}

func addSubmodule(t *testing.T, dir, from, name string) {
	t.Helper()
	run(t, dir, "git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from, name)
	commit(t, dir)
}

func TestPackTakesSubmodulesDownToTheLast(t *testing.T) {
	inner := repository(t, map[string]string{"inner.txt": "inner"})
	middle := repository(t, map[string]string{"middle.txt": "middle"})
	addSubmodule(t, middle, inner, "deep/inner")
	dir := repository(t, map[string]string{"outer.txt": "outer"})
	addSubmodule(t, dir, middle, "lib/middle")
	run(t, dir, "git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive")
	write(t, dir, map[string]string{"lib/middle/middle.txt": "not committed"})

	files, _ := pack(t, find(t, dir, ""))
	if files["lib/middle/middle.txt"] != "middle" || files["lib/middle/deep/inner/inner.txt"] != "inner" || files["outer.txt"] != "outer" {
		t.Errorf("got %q", files)
	}
}

func TestASubmoduleThatIsNotCheckedOutIsRefused(t *testing.T) {
	module := repository(t, map[string]string{"a.txt": "a"})
	dir := repository(t, map[string]string{"outer.txt": "outer"})
	addSubmodule(t, dir, module, "lib/module")
	sha := run(t, dir, "git", "rev-parse", "HEAD")
	run(t, dir, "git", "submodule", "--quiet", "deinit", "--all", "--force")
	_, err := find(t, dir, "").Source(t.Context(), sha)
	if app.CodeOf(err) != app.CodeInvalid || !strings.Contains(err.Error(), "lib/module") || !strings.Contains(err.Error(), "git submodule update --init --recursive") {
		t.Errorf("got %v", err)
	}
}

func TestFind(t *testing.T) {
	if _, err := worktree.Find(t.Context(), t.TempDir(), ""); app.CodeOf(err) != app.CodeInvalid || !strings.Contains(err.Error(), "not in a git work tree") {
		t.Errorf("outside git: got %v", err)
	}
	dir := repository(t, map[string]string{"a/b/c": ""})
	if tree := find(t, filepath.Join(dir, "a/b"), ""); tree.Top != dir || tree.Root != dir {
		t.Errorf("within git: got %+v, want %s", tree, dir)
	}
}

func TestFindFileGoesUpToTheTop(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "repository")
	write(t, outer, map[string]string{"gondor.yml": "", "repository/.git/config": "", "repository/a/found": "", "repository/a/b/c": ""})
	for name, c := range map[string]struct{ file, want string }{
		"where it is":                {"c", filepath.Join(dir, "a/b")},
		"above":                      {"found", filepath.Join(dir, "a")},
		"not beyond the top":         {"gondor.yml", ""},
		"nowhere, which is no error": {"missing", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := worktree.FindFile(filepath.Join(dir, "a/b"), c.file); got != c.want || err != nil {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestBranchAndCommit(t *testing.T) {
	dir := repository(t, map[string]string{"a": ""})
	tree := find(t, dir, "")
	if branch, err := tree.Branch(t.Context()); branch != "main" || err != nil {
		t.Errorf("the branch is %q, %v", branch, err)
	}
	run(t, dir, "git", "checkout", "-q", "--detach")
	if branch, err := tree.Branch(t.Context()); branch != "" || err != nil {
		t.Errorf("of a commit the branch is %q, %v", branch, err)
	}
	if _, err := tree.Commit(t.Context(), "--all"); app.CodeOf(err) != app.CodeInvalid {
		t.Errorf("a ref that looks like an option: got %v", err)
	}
	empty := t.TempDir()
	run(t, empty, "git", "init", "-q")
	for _, ref := range []string{"HEAD", "main"} {
		if _, err := find(t, empty, "").Commit(t.Context(), ref); err == nil || !strings.Contains(err.Error(), "no commit yet") {
			t.Errorf("%s of an empty repository: %v", ref, err)
		}
	}
}

func TestUncommittedListsChangesOfTheSite(t *testing.T) {
	dir := repository(t, map[string]string{"site/a": "1", "other": "1"})
	tree := find(t, dir, filepath.Join(dir, "site"))
	write(t, dir, map[string]string{"site/a": "2", "site/new file": "", "other": "2"})
	if got, err := tree.Uncommitted(t.Context()); err != nil || !slices.Equal(got, []string{"site/a", "site/new file"}) {
		t.Errorf("got %q, %v", got, err)
	}
}
