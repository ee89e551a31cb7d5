package builder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"gondor/app"

	"gondor/cluster/hide"
	"gondor/cluster/kube/image"
	"gondor/cluster/limit"
	"gondor/cluster/tree"
	"gondor/cluster/unpack"
)

// Dirs are where a builder works, each of them empty at first and its own.
type Dirs struct {
	App     string // where the source goes and the artifact is made: the same place as in the run image
	Scratch string // for the cache, HOME and TMPDIR
	Gondor  string // the path of Gondor's binary, GONDOR of the steps
	Cgroups string // where the kernel shows the container's, "/sys/fs/cgroup"
}

// construction is one build under way.
type construction struct {
	Order
	dirs     Dirs
	environ  []string // the image's
	out      *output
	log      *slog.Logger
	hidden   hide.Secrets
	searched hide.Secrets
	started  time.Time // when the source was there
	cached   uint64    // what the cache was like before the steps
}

// Build carries out the order that it reads from in, with the source behind it, and tells
// of it on out. environ is the environment of the image that it runs in. Its error says
// that nobody could be told how the build ended; a build that failed is none.
func Build(ctx context.Context, dirs Dirs, environ []string, in io.Reader, out io.Writer, log *slog.Logger) error {
	order, source, err := receive(in)
	b := &construction{Order: order, dirs: dirs, environ: environ, out: &output{to: out}, log: log}
	if err == nil {
		err = b.run(ctx, source)
	}
	if err != nil {
		return b.out.send(b.failure(err))
	}
	return b.out.send(Message{Built: true})
}

// failure tells why a build failed; what is not the site's fault is for the operator.
func (b *construction) failure(err error) Message {
	m := Message{Code: app.CodeOf(err), Failed: b.hidden.Hide(err.Error())}
	if m.Code == "" || m.Failed == "" {
		m.Code = app.CodeInternal
	}
	return m
}

func (b *construction) run(ctx context.Context, source *bufio.Reader) error {
	if err := b.prepare(ctx, source); err != nil {
		return err
	}
	limits := b.limits()
	limited, stop := limits.Watch(ctx)
	defer stop()
	for _, step := range b.Steps {
		if err := b.step(limited, step); err != nil {
			return limits.Blame(limited, err)
		}
	}
	if err := b.search(limited); err != nil {
		return limits.Blame(limited, err)
	}
	if tree.Usage(ctx, b.dirs.App) > b.Disk {
		return limits.TooLarge()
	}
	stop() // what follows is Gondor's own work
	if err := b.push(ctx); err != nil {
		return err
	}
	if err := b.saveCache(ctx); err != nil { // the artifact is there; the next build is only slower
		b.log.Warn("the cache of a site can't be kept", "repository", b.Repository, "error", err)
	}
	return nil
}

// prepare makes the directories and puts the source and the cache in their places.
func (b *construction) prepare(ctx context.Context, source io.Reader) error {
	secret := map[string]string{}
	for key, value := range b.Passed {
		if len(hide.Credentials(value)) > 0 {
			secret[key] = value
		}
	}
	for key, value := range b.Variables {
		secret[key] = value
	}
	b.hidden, b.searched = hide.In(secret), hide.Searched(secret)
	for _, dir := range []string{b.cache(), b.temporary()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the directories of a build: %w", err)
		}
	}
	f := hide.NewFinder(b.searched)
	if err := unpack.Tar(io.TeeReader(source, f), b.dirs.App, b.Disk); err != nil {
		return err
	}
	b.searched = b.searched.Without(f.Found) // what is in the source is no secret of the build
	b.loadCache(ctx)
	if err := os.MkdirAll(b.home(), 0o700); err != nil {
		return fmt.Errorf("make the directories of a build: %w", err)
	}
	b.started = time.Now()
	return nil
}

// limits are what the steps may take together.
func (b *construction) limits() limit.Build {
	return limit.Build{
		Began: b.started, Time: b.Time, Disk: b.Disk,
		Dirs: []string{b.dirs.App, b.temporary()}, Cache: b.cache(), Usage: tree.Usage,
	}
}

func (b *construction) cache() string     { return filepath.Join(b.dirs.Scratch, "cache") }
func (b *construction) home() string      { return filepath.Join(b.cache(), "home") }
func (b *construction) temporary() string { return filepath.Join(b.dirs.Scratch, "temporary") }

func (b *construction) search(ctx context.Context) error {
	if len(b.searched) == 0 {
		return nil
	}
	return tree.NewSearch(hide.NewFinder(b.searched)).Tree(ctx, b.dirs.App)
}

// ship puts Gondor's binary on the artifact.
func (b *construction) ship(ctx context.Context, made v1.Image) (v1.Image, error) {
	program, err := b.Registry.Pull(ctx, b.Program, b.ProgramDigest)
	if err != nil {
		return nil, fmt.Errorf("fetch Gondor's binary: %w", err)
	}
	return image.Ship(made, program)
}

// push makes the artifact: one layer on the base image.
func (b *construction) push(ctx context.Context) (err error) {
	base, err := b.Registry.Pull(ctx, b.Base, b.BaseDigest)
	if err != nil {
		return fmt.Errorf("fetch the base image: %w", err)
	}
	layer, err := image.Directory(b.dirs.App, b.dirs.App[1:])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, layer.Close()) }()
	made, err := image.Append(base, layer, b.dirs.App, "gondor build "+b.Tag)
	if err == nil && b.ProgramDigest != "" {
		made, err = b.ship(ctx, made)
	}
	if err != nil {
		return err
	}
	return b.Registry.Push(ctx, b.Repository, b.Tag, made)
}
