package kube

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gondor/app"
	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry/token"
)

// DefaultBases are the images that sites are built and run in unless the operator names
// others, by Plan.Runtime.
func DefaultBases() map[string]Base {
	plain := Base{Build: "debian:bookworm-slim"}
	return map[string]Base{
		"python": {Build: "python:3.13-slim"},
		"node":   {Build: "node:22-slim"},
		"go":     {Build: "golang:1.26", Run: plain.Build},
		"static": plain,
		"none":   plain,
	}
}

// ParseBase reads RUNTIME=IMAGE or RUNTIME=IMAGE,RUNIMAGE. CodeInvalid says what would be
// right.
func ParseBase(text string) (runtime string, b Base, err error) {
	runtime, images, found := strings.Cut(text, "=")
	known := slices.Sorted(maps.Keys(DefaultBases()))
	if !found || !slices.Contains(known, runtime) {
		return "", Base{}, app.Invalid("base", "%q names no base image; write RUNTIME=IMAGE with one of %s, such as python=python:3.13-slim", text, strings.Join(known, ", "))
	}
	b.Build, b.Run, _ = strings.Cut(images, ",")
	for _, one := range []string{b.Build, cmp.Or(b.Run, b.Build)} {
		if _, err := name.ParseReference(one); err != nil {
			return "", Base{}, app.Invalid("base", "%q is not the reference of an image; write one such as python:3.13-slim", one)
		}
	}
	return runtime, b, nil
}

// withBases fills in what Bases lacks.
func withBases(bases map[string]Base) map[string]Base {
	all := DefaultBases()
	maps.Copy(all, bases)
	return all
}

// mirrored is a base image as it is in our registry.
type mirrored struct {
	Repository string
	Digest     string
}

// reference is what nodes pull.
func (m mirrored) reference(host string) string { return host + "/" + m.Repository + "@" + m.Digest }

const (
	// freshness is how long a base image counts as the newest of its name.
	freshness = time.Hour
	// forgiveness is after which an image is asked for again that could not be had.
	forgiveness = time.Minute
	// fetchTimeout bounds the copy of one base image.
	fetchTimeout = 10 * time.Minute
	// lookTimeout bounds the question what its name stands for.
	lookTimeout = 30 * time.Second
)

// mirror keeps copies of base images in our registry: nodes need no other one then, and
// an artifact is a layer away from its base. It is safe for concurrent use.
type mirror struct {
	registry Registry
	log      *slog.Logger
	mu       sync.Mutex
	known    map[string]*lookup // by reference
}

// lookup is what is known of one base image.
type lookup struct {
	mu    sync.Mutex // held while the image is copied
	found mirrored
	err   error
	until time.Time // when it is looked for again
}

func newMirror(r Registry, log *slog.Logger) *mirror {
	return &mirror{registry: r, log: log, known: map[string]*lookup{}}
}

func (m *mirror) lookup(reference string) *lookup {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[reference] == nil {
		m.known[reference] = &lookup{}
	}
	return m.known[reference]
}

// find returns the copy of a base image, making it when its name stands for a newer one.
// CodeFailed says, for people, why there is none.
func (m *mirror) find(ctx context.Context, reference string) (mirrored, error) {
	l := m.lookup(reference)
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.until) {
		return l.found, l.err
	}
	limited, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	found, err := m.fetch(limited, reference)
	if ctx.Err() != nil {
		return mirrored{}, ctx.Err()
	}
	l.found, l.err, l.until = found, err, time.Now().Add(freshness)
	if err != nil {
		l.until = time.Now().Add(forgiveness)
	}
	return found, err
}

func (m *mirror) fetch(ctx context.Context, reference string) (mirrored, error) {
	parsed, err := name.ParseReference(reference)
	if err != nil {
		return mirrored{}, app.Fault(app.CodeFailed, "the base image %q is not the reference of an image; ask who runs this Gondor to give another with --base", reference)
	}
	store := m.registry.store(token.Admin())
	if path, ours := strings.CutPrefix(parsed.Context().Name(), m.registry.Host+"/"); ours {
		there, err := m.present(ctx, store, path, parsed.Identifier())
		if err != nil {
			return mirrored{}, unfetched(reference, err)
		}
		return there, nil
	}
	return m.copy(ctx, store, reference, parsed)
}

// copy brings an image from elsewhere. While its registry is away, the copy that there is
// serves on.
func (m *mirror) copy(ctx context.Context, store image.Store, reference string, from name.Reference) (mirrored, error) {
	repository := path.Join(baseRepositories, from.Context().RepositoryStr())
	tag := "digest-" + strings.TrimPrefix(from.Identifier(), "sha256:")
	if _, isTag := from.(name.Tag); isTag {
		tag = from.Identifier()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	patience := time.AfterFunc(lookTimeout, cancel)
	upstream, err := remote.Image(from, remote.WithContext(ctx), remote.WithPlatform(image.Platform()), remote.WithUserAgent("gondor"))
	if !patience.Stop() && err == nil {
		err = context.DeadlineExceeded
	}
	if err != nil {
		there, missing := m.present(context.WithoutCancel(ctx), store, repository, tag)
		if missing != nil {
			return mirrored{}, unfetched(reference, err)
		}
		m.log.Warn("a base image can't be looked up; its copy serves on", "image", reference, "error", err)
		return there, nil
	}
	if err := push(ctx, store, repository, tag, upstream); err != nil {
		return mirrored{}, unfetched(reference, err)
	}
	return m.present(ctx, store, repository, tag)
}

// push stores an image under a tag, unless the tag stands for it already.
func push(ctx context.Context, store image.Store, repository, tag string, made v1.Image) error {
	digest, err := made.Digest()
	if err != nil {
		return fmt.Errorf("read the digest of an image: %w", err)
	}
	if there, err := store.Digest(ctx, repository, tag); err == nil && there == digest {
		return nil
	}
	return store.Push(ctx, repository, tag, made)
}

// present finds the image of our own platform.
func (m *mirror) present(ctx context.Context, store image.Store, repository, identifier string) (mirrored, error) {
	there, err := store.Pull(ctx, repository, identifier)
	if err != nil {
		return mirrored{}, err
	}
	digest, err := there.Digest()
	if err != nil {
		return mirrored{}, fmt.Errorf("read the digest of a base image: %w", err)
	}
	return mirrored{Repository: repository, Digest: digest.String()}, nil
}

func unfetched(reference string, err error) error {
	return app.Fault(app.CodeFailed, "the base image %s can't be fetched (%v); ask who runs this Gondor to give another with --base", reference, err)
}
