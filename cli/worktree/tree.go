package worktree

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gondor/app"
)

// Tree is the work tree of a site.
type Tree struct {
	Top  string // of the git work tree
	Root string // of the site within it: where its gondor.yml is, or Top
}

// Find returns the work tree around a directory, whose site is at root, or at the top
// when root is empty. An error of CodeInvalid when there is no work tree.
func Find(ctx context.Context, dir, root string) (Tree, error) {
	top, err := line(ctx, dir, "rev-parse", "--show-toplevel")
	if app.CodeOf(err) == app.CodeInvalid || ctx.Err() != nil {
		return Tree{}, err
	}
	if err != nil || top == "" {
		return Tree{}, app.Invalid("", "%s is not in a git work tree; go to your site's, or begin one with: git init && git add -A && git commit -m %q", dir, "Begin")
	}
	if root == "" {
		root = top
	}
	root, err = filepath.EvalSymlinks(root)
	return Tree{Top: top, Root: root}, err
}

// FindFile looks for a file in a directory and those above it, up to the top of the git
// work tree. It returns the directory that has the file, "" when none has.
func FindFile(dir, name string) (string, error) {
	for {
		found, err := exists(filepath.Join(dir, name))
		if found || err != nil {
			return dir, err
		}
		top, err := exists(filepath.Join(dir, ".git"))
		if parent := filepath.Dir(dir); top || err != nil || parent == dir {
			return "", err
		}
		dir = filepath.Dir(dir)
	}
}

func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Branch returns the branch that is checked out, "" when it is a commit and no branch.
func (t Tree) Branch(ctx context.Context) (string, error) {
	branch, err := line(ctx, t.Top, "symbolic-ref", "--quiet", "--short", "HEAD")
	if err != nil && ctx.Err() == nil {
		return "", nil // git answers 1 and says nothing when HEAD is detached
	}
	return branch, err
}

// Commit returns the full name of the commit that ref means.
func (t Tree) Commit(ctx context.Context, ref string) (string, error) {
	commit, err := line(ctx, t.Top, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && !t.hasCommits(ctx):
		return "", app.Invalid("", "there is no commit yet; commit your site first: git add -A && git commit")
	case err != nil:
		return "", app.Invalid("", "%q is not a branch, a tag or a commit of this repository", ref)
	}
	return commit, nil
}

// hasCommits reports whether anything is checked out at all.
func (t Tree) hasCommits(ctx context.Context) bool {
	_, err := line(ctx, t.Top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	return err == nil
}

// Uncommitted lists what has changed since the last commit or is not in it, as git
// status has it.
func (t Tree) Uncommitted(ctx context.Context) ([]string, error) {
	out, err := git(ctx, t.Top, "status", "--porcelain", "-z", "--no-renames", "--", t.Root)
	if err != nil {
		return nil, err
	}
	var paths []string
	for entry := range strings.SplitSeq(out, "\x00") {
		if len(entry) > len("XY ") {
			paths = append(paths, entry[len("XY "):])
		}
	}
	return paths, nil
}
