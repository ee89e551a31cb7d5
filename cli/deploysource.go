package cli

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"gondor/build"
	"gondor/cli/worktree"
)

// source is what a deploy takes, and where to.
type source struct {
	worktree.Source
	ref         string // the branch, the tag or the commit that was named
	sha         string
	label       string // of the instance
	uncommitted []string
}

// deploySource finds out what to deploy: REF, or the branch of the instance, or what is
// checked out.
func (p *Program) deploySource(ctx context.Context, ref string) (source, error) {
	dir, err := p.siteDir()
	if err != nil {
		return source{}, err
	}
	tree, err := worktree.Find(ctx, p.io.Dir, dir)
	if err != nil {
		return source{}, err
	}
	if dir == "" && p.flags.site == "" {
		return source{}, usage("there is no %s here; make one with: gondor sites init --name NAME", build.ConfigFile)
	}
	config, err := p.siteConfig()
	if err != nil {
		return source{}, err
	}
	branch, err := tree.Branch(ctx)
	if err != nil {
		return source{}, err
	}
	s := source{ref: chooseRef(config, branch, p.flags.instance, ref)}
	if s.label, err = chooseLabel(config, branch, p.flags.instance, ref); err != nil {
		return source{}, err
	}
	return s, s.read(ctx, tree)
}

// chooseRef is what to build when nothing is named: the branch of the instance, if it
// has exactly one and that is not checked out, and otherwise what is checked out.
func chooseRef(config build.Config, branch, label, ref string) string {
	if ref != "" {
		return ref
	}
	if label != "" && config.Branches[branch] != label {
		var its []string
		for b, l := range config.Branches {
			if l == label {
				its = append(its, b)
			}
		}
		if len(its) == 1 {
			return its[0]
		}
	}
	if branch == "" {
		return "HEAD"
	}
	return branch
}

// chooseLabel is the instance to deploy to: the one named, that of the branch that is
// named, or that of the branch that is checked out.
func chooseLabel(config build.Config, branch, label, ref string) (string, error) {
	if label != "" {
		return label, nil
	}
	if label, mapped := config.Branches[ref]; mapped {
		return label, nil
	}
	return labelOf(config, branch)
}

// read finds the commit and its submodules, and meanwhile what would be left out: git
// takes its time to start.
func (s *source) read(ctx context.Context, tree worktree.Tree) (err error) {
	if s.sha, err = tree.Commit(ctx, s.ref); err != nil {
		return err
	}
	asking, ctx := errgroup.WithContext(ctx)
	asking.Go(func() (err error) {
		s.Source, err = tree.Source(ctx, s.sha)
		return err
	})
	asking.Go(func() error {
		checkedOut, err := tree.Commit(ctx, "HEAD")
		if err != nil || checkedOut != s.sha {
			return err // what is here has nothing to do with another commit
		}
		s.uncommitted, err = tree.Uncommitted(ctx)
		return err
	})
	return asking.Wait()
}

// warning tells of what is not deployed although it is here, "" for nothing.
func (s *source) warning() string {
	if len(s.uncommitted) == 0 {
		return ""
	}
	shown := s.uncommitted[:min(5, len(s.uncommitted))]
	text := fmt.Sprintf("warning: %d changed or new files are not committed, and are not deployed:", len(s.uncommitted))
	for _, path := range shown {
		text += "\n  " + path
	}
	if more := len(s.uncommitted) - len(shown); more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return text
}

// send packs the source into what receive reads. squeeze makes it small, which takes
// time that only a slow line is worth.
func (s *source) send(ctx context.Context, squeeze bool, receive func(io.Reader) error) (worktree.Packed, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reader, writer := io.Pipe()
	type result struct {
		packed worktree.Packed
		err    error
	}
	results := make(chan result, 1)
	go func() {
		packed, err := s.pack(ctx, writer, squeeze)
		_ = writer.CloseWithError(err) // never fails
		results <- result{packed, err}
	}()
	received := receive(reader)
	_ = reader.CloseWithError(errStopped) // never fails
	sent := <-results
	if sent.err != nil && !errors.Is(sent.err, errStopped) {
		return sent.packed, sent.err
	}
	return sent.packed, received
}

// errStopped tells the packer that nobody reads any more.
var errStopped = errors.New("the receiver has stopped")

func (s *source) pack(ctx context.Context, w io.Writer, squeeze bool) (worktree.Packed, error) {
	if !squeeze {
		return s.Pack(ctx, w)
	}
	small, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return worktree.Packed{}, err
	}
	packed, err := s.Pack(ctx, small)
	return packed, errors.Join(err, small.Close())
}

// pointerWarning tells of files of which only the pointer is deployed, "" for none.
func pointerWarning(packed worktree.Packed) string {
	if len(packed.LFSPointers) == 0 {
		return ""
	}
	slices.Sort(packed.LFSPointers)
	return fmt.Sprintf("warning: %d files are kept by Git LFS, and only their pointers are deployed: %s and so on.\n"+
		"  Keep what the site needs in git itself, or fetch it in a build step.", len(packed.LFSPointers), packed.LFSPointers[0])
}
