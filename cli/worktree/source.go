package worktree

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"gondor/app"
)

// Source is one commit of a site with those of its submodules.
type Source struct {
	parts []part
}

// part is what git archive packs of one repository.
type part struct {
	dir    string // the repository's work tree
	object string // a commit, or a tree within one
	below  string // the path within the site, "" for the site itself
}

// Source finds the commit's submodules, down to the last. Each must be checked out with
// the commit that is recorded; an error of CodeInvalid names one that is not.
func (t Tree) Source(ctx context.Context, commit string) (Source, error) {
	object := commit
	if within, err := filepath.Rel(t.Top, t.Root); err != nil {
		return Source{}, fmt.Errorf("find the site in its work tree: %w", err)
	} else if within != "." {
		object += ":" + filepath.ToSlash(within)
	}
	var s Source
	return s, s.add(ctx, part{dir: t.Top, object: object}, t.Root)
}

// add takes a part and the submodules below it, which are checked out below root.
func (s *Source) add(ctx context.Context, p part, root string) error {
	s.parts = append(s.parts, p)
	out, err := git(ctx, p.dir, "ls-tree", "-r", "-z", "--full-tree", p.object)
	if err != nil {
		return fmt.Errorf("list what is in %s: %w", p.object, err)
	}
	for entry := range strings.SplitSeq(out, "\x00") {
		about, name, _ := strings.Cut(entry, "\t")
		commit, isSubmodule := strings.CutPrefix(about, "160000 commit ")
		if !isSubmodule {
			continue
		}
		module := part{dir: filepath.Join(root, filepath.FromSlash(name)), object: commit, below: path.Join(p.below, name)}
		if err := checkedOut(ctx, module); err != nil {
			return err
		}
		if err := s.add(ctx, module, module.dir); err != nil {
			return err
		}
	}
	return nil
}

// checkedOut refuses a submodule whose recorded commit is not here.
func checkedOut(ctx context.Context, p part) error {
	missing := app.Invalid("", "the submodule %s is not checked out at the commit that is recorded; run: git submodule update --init --recursive", p.below)
	if there, err := exists(filepath.Join(p.dir, ".git")); err != nil || !there {
		return missing
	}
	if _, err := git(ctx, p.dir, "cat-file", "-e", p.object+"^{commit}"); err != nil && ctx.Err() == nil {
		return missing
	}
	return ctx.Err()
}
