package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"

	"gondor/app"
	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry/token"
)

// size is how many bytes the registry keeps.
func (b *bench) size() int64 {
	b.Helper()
	must(b.T, b.disk.measure())
	return b.disk.used.Load()
}

// push stores an image and returns its digest.
func (b *bench) push(repository, tag string, what v1.Image) v1.Hash {
	b.Helper()
	must(b.T, b.as(token.Admin()).Push(b.Context(), repository, tag, what))
	digest, err := what.Digest()
	must(b.T, err)
	return digest
}

func (b *bench) keep(kept Kept) {
	b.Helper()
	must(b.T, Keep(b.Context(), b.as(token.Admin()), kept))
}

func TestOnlyWhatIsKeptStays(t *testing.T) {
	b := serve(t, Options{})
	shared := picture(t, 50_000)
	for _, one := range []struct{ repository, tag string }{
		{"site/a", "old"},
		{"site/a", "kept"},
		{"site/a", CacheTag},
		{"site/gone", "build"},
		{"site/gone", CacheTag},
		{"base/python", "3"},
	} {
		b.push(one.repository, one.tag, picture(t, 100_000))
	}
	b.push("site/gone", "shared", shared)
	b.push("site/a", "twin", shared)
	b.age(2 * time.Hour)
	b.push("site/a", "new", picture(t, 100_000))
	b.keep(Kept{AsOf: time.Now().Add(-time.Hour), Tags: []string{"kept", "twin"}, Caches: []string{"site/a"}})
	for _, c := range []struct {
		name, repository, tag string
		stays                 bool
	}{
		{"a build that is not kept goes", "site/a", "old", false},
		{"one that is kept stays", "site/a", "kept", true},
		{"the cache of a site stays", "site/a", CacheTag, true},
		{"that of a site that is gone goes", "site/gone", CacheTag, false},
		{"with its builds", "site/gone", "build", false},
		{"layers that a kept build shares with it stay", "site/a", "twin", true},
		{"base images stay", "base/python", "3", true},
		{"what came after the lists were made stays", "site/a", "new", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := b.pull(c.repository, c.tag)
			if c.stays && err != nil || !c.stays && !app.IsNotFound(err) {
				t.Errorf("got %v; want that it stays: %v", err, c.stays)
			}
		})
	}
	if size := b.size(); size > 5*100_000+60_000 {
		t.Errorf("%d bytes are left of 5 images", size)
	}
	if left, err := (tree{b.root}).repositories(); err != nil || fmt.Sprint(left) != "[base/python site/a]" {
		t.Errorf("the repositories left are %v, %v", left, err)
	}
}

func TestAnImageGoesWithItsLastTag(t *testing.T) {
	b := serve(t, Options{})
	made := picture(t, 1000)
	digest := b.push("site/a", "1", made)
	b.push("site/a", "2", made)
	b.keep(Kept{AsOf: time.Now().Add(2 * slack), Tags: []string{"2"}})
	if _, err := b.as(token.Admin()).Pull(t.Context(), "site/a", digest.String()); err != nil {
		t.Errorf("with one of two tags left: %v", err)
	}
	b.keep(Kept{AsOf: time.Now().Add(2 * slack)})
	if _, err := b.as(token.Admin()).Pull(t.Context(), "site/a", digest.String()); !app.IsNotFound(err) {
		t.Errorf("without any: %v", err)
	}
}

func TestWhatATagNoLongerNamesGoesAfterAWhile(t *testing.T) {
	b := serve(t, Options{})
	former := b.push("site/a", CacheTag, picture(t, 1000))
	b.push("site/a", CacheTag, picture(t, 1000))
	b.collect()
	if _, err := b.as(token.Admin()).Pull(t.Context(), "site/a", former.String()); err != nil {
		t.Errorf("while it is young: %v", err)
	}
	b.age(2 * time.Hour)
	b.collect()
	if _, err := b.as(token.Admin()).Pull(t.Context(), "site/a", former.String()); !app.IsNotFound(err) {
		t.Errorf("when it is old: %v", err)
	}
	must(t, b.pull("site/a", CacheTag))
}

func TestAnIndexKeepsTheImagesThatItNames(t *testing.T) {
	b := serve(t, Options{})
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: picture(t, 1000)}, mutate.IndexAddendum{Add: picture(t, 1000)})
	admin := b.as(token.Admin())
	reference, err := name.ParseReference(admin.Address+"/site/a:index", name.Insecure)
	must(t, err)
	must(t, remote.WriteIndex(reference, index, remote.WithAuth(basic(admin))))
	b.age(2 * time.Hour)
	b.collect()
	manifest, err := index.IndexManifest()
	must(t, err)
	for _, one := range manifest.Manifests {
		must(t, b.pull("site/a", one.Digest.String()))
	}
}

func TestNoPushLosesAgainstACollection(t *testing.T) {
	b := serve(t, Options{Grace: 10 * time.Second}) // what a push has just brought is not old
	ctx, stop := context.WithCancel(t.Context())
	var collecting errgroup.Group
	collecting.Go(func() error {
		for ctx.Err() == nil {
			if err := b.Collect(ctx); err != nil && !errors.Is(err, context.Canceled) {
				return err
			}
		}
		return nil
	})
	var pushing errgroup.Group
	for site := range 4 {
		shared := picture(t, 200_000)
		pushing.Go(func() error {
			for build := range 5 {
				repository, tag := fmt.Sprintf("site/s%d", site), fmt.Sprintf("b%d", build)
				if err := b.as(token.Push(repository)).Push(ctx, repository, tag, shared); err != nil {
					return err
				}
				if err := b.pull(repository, tag); err != nil {
					return fmt.Errorf("what was pushed to %s:%s can't be pulled: %w", repository, tag, err)
				}
			}
			return nil
		})
	}
	err := pushing.Wait()
	stop()
	must(t, errors.Join(err, collecting.Wait()))
}

func TestALayerThatAPushHasFoundStaysUntilItIsNamed(t *testing.T) {
	b := serve(t, Options{})
	found, forgotten := picture(t, 1000), picture(t, 1000)
	b.push("site/a", "1", found)
	b.push("site/a", "2", forgotten)
	b.age(2 * time.Hour)
	for _, one := range b.blobs(found) { // as a push does first
		b.send(http.MethodHead, b.server.URL+"/v2/site/a/blobs/"+one, nil)
	}
	b.keep(Kept{AsOf: time.Now()})
	for what, stays := range map[v1.Image]bool{found: true, forgotten: false} {
		if status := b.name("site/a", "3", what); (status == http.StatusCreated) != stays {
			t.Errorf("the manifest was answered with %d; want that the layers stay: %v", status, stays)
		}
	}
}

// name sends the manifest of an image without its layers.
func (b *bench) name(repository, tag string, what v1.Image) (status int) {
	b.Helper()
	text, err := what.RawManifest()
	must(b.T, err)
	kind, err := what.MediaType()
	must(b.T, err)
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPut, b.server.URL+"/v2/"+repository+"/manifests/"+tag, bytes.NewReader(text))
	must(b.T, err)
	request.Header.Set("Content-Type", string(kind))
	return b.do(request).StatusCode
}

// blobs are the digests of what an image is made of.
func (b *bench) blobs(of v1.Image) []string {
	b.Helper()
	manifest, err := of.Manifest()
	must(b.T, err)
	all := []string{manifest.Config.Digest.String()}
	for _, layer := range manifest.Layers {
		all = append(all, layer.Digest.String())
	}
	return all
}

func TestAnUploadThatStandsStillIsForgotten(t *testing.T) {
	b := serve(t, Options{})
	b.begin("site/a", 50_000)
	b.collect()
	if size := b.size(); size < 50_000 {
		t.Errorf("while it is young %d bytes are left", size)
	}
	b.age(2 * time.Hour)
	b.collect()
	if size := b.size(); size > 1000 {
		t.Errorf("%d bytes are left", size)
	}
}

func TestHalfOfWhatACollectionRemovesIsNoHarm(t *testing.T) {
	b := serve(t, Options{})
	made := picture(t, 1000)
	layers, err := made.Layers()
	must(t, err)
	digest, err := layers[0].Digest()
	must(t, err)
	for name, path := range map[string]string{
		"without the data of a blob": filepath.Join(blobDir(digest.String()), dataFile),
		"without a blob":             blobDir(digest.String()),
		"without the link to it":     filepath.Join(repositoryDir("site/a"), layersDir, "sha256", digest.Hex, linkFile),
		"without more than that":     filepath.Join(repositoryDir("site/a"), uploadsDir),
	} {
		t.Run(name, func(t *testing.T) {
			b.push("site/a", "1", made)
			// A collection that is killed has removed the manifest before its layers.
			for _, gone := range []string{filepath.Join(repositoryDir("site/a"), revisionsDir), path} {
				must(t, os.RemoveAll(filepath.Join(b.options.Data, gone)))
			}
			b.collect()
			b.push("site/a", "1", made)
			must(t, b.pull("site/a", "1"))
		})
	}
}

// basic is how go-containerregistry wants a user and a password.
func basic(s image.Store) remoteAuth { return remoteAuth{s} }
