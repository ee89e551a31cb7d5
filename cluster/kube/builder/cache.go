package builder

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"gondor/app"
	"gondor/cluster/kube/image"
	"gondor/cluster/tree"
)

// loadCache fetches what earlier builds of the site have kept. One that can't be had is as
// good as none: the build is only slower.
func (b *construction) loadCache(ctx context.Context) {
	err := b.fetchCache(ctx)
	if err != nil && !app.IsNotFound(err) {
		b.log.Warn("the cache of a site can't be used", "repository", b.Repository, "error", err)
		if err := tree.RemoveAll(b.cache()); err != nil {
			b.log.Warn("half a cache can't be removed", "error", err)
		}
	}
	if b.cached, err = fingerprint(b.cache()); err != nil {
		b.log.Warn("the cache of a site can't be read", "repository", b.Repository, "error", err)
	}
}

func (b *construction) fetchCache(ctx context.Context) error {
	kept, err := b.Registry.Pull(ctx, b.Repository, CacheTag)
	if err != nil {
		return err
	}
	layers, err := kept.Layers()
	if err != nil {
		return fmt.Errorf("read the manifest of a cache: %w", err)
	}
	for _, layer := range layers {
		if err := image.Unpack(layer, b.cache(), b.Disk); err != nil {
			return err
		}
	}
	return nil
}

// saveCache keeps the cache for the next build, unless nothing in it has changed.
func (b *construction) saveCache(ctx context.Context) (err error) {
	if now, err := fingerprint(b.cache()); err != nil || now == b.cached {
		return err
	}
	if tree.Usage(ctx, b.cache()) > b.Disk {
		return nil // it would not be unpacked: better begin anew
	}
	layer, err := image.Directory(b.cache(), ".")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, layer.Close()) }()
	kept, err := mutate.Append(emptyImage(), mutate.Addendum{Layer: layer})
	if err != nil {
		return fmt.Errorf("make an image of a cache: %w", err)
	}
	return b.Registry.Push(ctx, b.Repository, CacheTag, kept)
}

func emptyImage() v1.Image {
	return mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
}

// fingerprint tells apart what is in a directory: names, sizes and times to the second, as
// a layer keeps them.
func fingerprint(dir string) (uint64, error) {
	hash := fnv.New64a()
	err := tree.Each(dir, func(p tree.Place) error {
		size, at := int64(0), int64(0)
		if p.Info.Mode.IsRegular() {
			size, at = p.Info.Size, p.Info.Modified.Unix()
		}
		_, err := fmt.Fprintf(hash, "%q %v %d %d\n", p.Path, p.Info.Mode, size, at)
		return err
	})
	return hash.Sum64(), err
}
