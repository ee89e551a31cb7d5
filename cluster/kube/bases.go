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
	plain := Base{Build: "docker.io/library/debian:bookworm-slim"}
	return map[string]Base{
		"python": {Build: "docker.io/library/python:3.13-slim"},
		"node":   {Build: "docker.io/library/node:22-slim"},
		"go":     {Build: "docker.io/library/golang:1.26", Run: plain.Build},
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
		return "", Base{}, app.Invalid("base", "%q names no base image; write RUNTIME=IMAGE with one of %s, such as python=docker.io/library/python:3.13-slim", text, strings.Join(known, ", "))
	}
	b.Build, b.Run, _ = strings.Cut(images, ",")
	for _, one := range []string{b.Build, cmp.Or(b.Run, b.Build)} {
		if _, err := name.ParseReference(one); err != nil {
			return "", Base{}, app.Invalid("base", "%q is not the reference of an image; write one such as docker.io/library/python:3.13-slim", one)
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
	found      time.Time
}

// reference is what nodes pull.
func (m mirrored) reference(host string) string { return host + "/" + m.Repository + "@" + m.Digest }

// freshness is how long a base image counts as the newest of its name.
const freshness = time.Hour

// mirror keeps copies of base images in our registry: nodes need no other one then, and
// an artifact is a layer away from its base. It is safe for concurrent use.
type mirror struct {
	registry Registry
	log      *slog.Logger
	mu       sync.Mutex // held while an image is copied
	known    map[string]mirrored
}

func newMirror(r Registry, log *slog.Logger) *mirror {
	return &mirror{registry: r, log: log, known: map[string]mirrored{}}
}

// fetchTimeout bounds the copy of one base image.
const fetchTimeout = 10 * time.Minute

// find returns the copy of a base image, making it when its name stands for a newer one.
// CodeFailed says, for people, why there is none.
func (m *mirror) find(ctx context.Context, reference string) (mirrored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known, ok := m.known[reference]; ok && time.Since(known.found) < freshness {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	found, err := m.fetch(ctx, reference)
	if err != nil {
		return mirrored{}, err
	}
	found.found = time.Now()
	m.known[reference] = found
	return found, nil
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
	upstream, err := remote.Image(from, remote.WithContext(ctx), remote.WithPlatform(image.Platform()), remote.WithUserAgent("gondor"))
	if err != nil {
		there, missing := m.present(ctx, store, repository, tag)
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
