package local

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"gondor/cluster/hide"
	"gondor/cluster/limit"
	"gondor/cluster/local/supervisor"
	"gondor/cluster/tree"
	"gondor/cluster/unpack"
)

// limits are what the steps may take together.
func (b *construction) limits() limit.Build {
	most := b.engine.options.Limits
	return limit.Build{
		Began: b.started, Time: most.Time, Disk: most.Disk,
		Dirs: []string{b.dir, b.tmp()}, Cache: b.cache(), Usage: tree.Usage,
		Reserve: b.engine.options.Reserve, Free: b.free,
	}
}

// free is how much of the build's disk is free.
func (b *construction) free() (int64, error) {
	_, free, err := tree.Space(b.dir)
	return free, err
}

// receive puts the source in its place and makes the directories that the steps use.
func (b *construction) receive(ctx context.Context, source io.Reader) (err error) {
	if b.who, err = b.engine.identities.site(b.order.Site); err != nil {
		return err
	}
	if err := makeDir(b.cache(), 0o700); err != nil {
		return err
	}
	for _, dir := range []string{b.cache(), homeIn(b.cache())} {
		if err := b.who.makeOwn(dir); err != nil {
			return err
		}
	}
	now := time.Now()
	if err := os.Chtimes(b.cache(), now, now); err != nil { // for Keep: it is in use
		return fmt.Errorf("touch the cache: %w", err)
	}
	f := hide.NewFinder(b.searched)
	if err := b.place(ctx, io.TeeReader(source, f)); err != nil {
		return err
	}
	b.searched = b.searched.Without(f.Found) // what is in the source is no secret of the build
	return b.who.makeOwn(b.tmp())            // after place, which clears what a former try left
}

// place unpacks the source, unless an earlier Gondor did.
func (b *construction) place(ctx context.Context, source io.Reader) error {
	marker := filepath.Join(b.dir, unpackedMarker)
	if info, err := os.Stat(marker); err == nil {
		b.started = info.ModTime()
		_, err := io.Copy(io.Discard, source)
		return err
	}
	if err := b.clear(ctx); err != nil {
		return err
	}
	if err := b.makeDirs(); err != nil {
		return err
	}
	if err := unpack.Tar(source, b.app(), b.engine.options.Limits.Disk); err != nil {
		return err
	}
	if err := hand(b.app(), b.who); err != nil {
		return fmt.Errorf("hand the source to its builder: %w", err)
	}
	b.started = time.Now()
	return writeFile(marker, nil)
}

// makeDirs makes the directories down to the app's, which the site's group can enter.
func (b *construction) makeDirs() error {
	for _, dir := range []string{filepath.Dir(b.dir), b.dir, b.app()} {
		if err := makeDir(dir, 0o750); err != nil {
			return err
		}
		if b.who.UID == supervisor.Same {
			continue
		}
		if err := os.Lchown(dir, 0, b.who.GID); err != nil {
			return fmt.Errorf("let the site enter its artifacts: %w", err)
		}
	}
	return nil
}
