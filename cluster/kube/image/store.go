package image

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gondor/app"
)

// Store is a registry as somebody with a name and a password reaches it. It is a value,
// safe for concurrent use, and can be sent as JSON.
type Store struct {
	Address  string `json:"address"` // HOST[:PORT][/PREFIX]
	Insecure bool   `json:"insecure,omitempty"`
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
	// Dial connects to Address; nil: as anybody does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error) `json:"-"`
}

// Pull returns the image of a repository with a tag or a digest ("sha256:…"), whose layers
// are fetched when they are read. CodeNotFound when there is none.
func (s Store) Pull(ctx context.Context, repository, identifier string) (v1.Image, error) {
	reference, err := s.reference(repository, identifier)
	if err != nil {
		return nil, err
	}
	image, err := remote.Image(reference, s.options(ctx)...)
	if err != nil {
		return nil, s.fault(err, "fetch %s", reference)
	}
	return image, nil
}

// Push stores an image under a tag. Layers that came from the same registry are not sent.
// It begins anew when the registry loses a part of it meanwhile, or is restarted.
func (s Store) Push(ctx context.Context, repository, tag string, image v1.Image) error {
	reference, err := s.reference(repository, tag)
	if err != nil {
		return err
	}
	err = again(ctx, func() error { return remote.Write(reference, image, s.options(ctx)...) })
	return s.fault(err, "store %s", reference)
}

// Digest returns the digest of what a tag, or a digest itself, stands for. CodeNotFound
// when there is nothing.
func (s Store) Digest(ctx context.Context, repository, identifier string) (v1.Hash, error) {
	reference, err := s.reference(repository, identifier)
	if err != nil {
		return v1.Hash{}, err
	}
	found, err := remote.Head(reference, s.options(ctx)...)
	if err != nil {
		return v1.Hash{}, s.fault(err, "look for %s", reference)
	}
	return found.Digest, nil
}

// Tags lists the tags of a repository; none when there is no such repository.
func (s Store) Tags(ctx context.Context, repository string) ([]string, error) {
	place, err := name.NewRepository(s.Address+"/"+repository, s.naming()...)
	if err != nil {
		return nil, fmt.Errorf("name a repository: %w", err)
	}
	tags, err := remote.List(place, s.options(ctx)...)
	if err = s.fault(err, "list the tags of %s", place); app.IsNotFound(err) {
		return nil, nil
	}
	return tags, err
}

// Repositories lists the repositories, as far as the registry tells.
func (s Store) Repositories(ctx context.Context) ([]string, error) {
	registry, err := name.NewRegistry(s.Address, s.naming()...)
	if err != nil {
		return nil, fmt.Errorf("name a registry: %w", err)
	}
	all, err := remote.Catalog(ctx, registry, s.options(ctx)...)
	return all, s.fault(err, "list the repositories of %s", registry)
}

// Delete removes a tag, or the image of a digest with all of its tags. No error when there
// is none.
func (s Store) Delete(ctx context.Context, repository, identifier string) error {
	reference, err := s.reference(repository, identifier)
	if err != nil {
		return err
	}
	err = s.fault(remote.Delete(reference, s.options(ctx)...), "remove %s", reference)
	if app.IsNotFound(err) {
		return nil
	}
	return err
}

// Platform is what nodes run: Linux, on the architecture that Gondor itself is for, whose
// binary is in every pod.
func Platform() v1.Platform { return v1.Platform{OS: "linux", Architecture: runtime.GOARCH} }

func (s Store) reference(repository, identifier string) (name.Reference, error) {
	separator := ":"
	if strings.Contains(identifier, ":") {
		separator = "@"
	}
	reference, err := name.ParseReference(s.Address+"/"+repository+separator+identifier, s.naming()...)
	if err != nil {
		return nil, fmt.Errorf("name an image: %w", err)
	}
	return reference, nil
}

func (s Store) naming() []name.Option {
	if s.Insecure {
		return []name.Option{name.Insecure}
	}
	return nil
}

func (s Store) options(ctx context.Context) []remote.Option {
	options := []remote.Option{remote.WithContext(ctx), remote.WithUserAgent("gondor"), remote.WithPlatform(Platform())}
	if s.Username != "" {
		options = append(options, remote.WithAuth(&authn.Basic{Username: s.Username, Password: s.Password}))
	}
	if s.Dial != nil {
		options = append(options, remote.WithTransport(s.Transport()))
	}
	return options
}

// Transport returns what HTTP requests to the store go through.
func (s Store) Transport() http.RoundTripper {
	if s.Dial == nil {
		return remote.DefaultTransport
	}
	return &http.Transport{DialContext: s.Dial, DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second}
}

// URL returns that of a path of the registry itself, such as "/healthz".
func (s Store) URL(path string) string {
	host, _, _ := strings.Cut(s.Address, "/")
	scheme := "https"
	if s.Insecure {
		scheme = "http"
	}
	return scheme + "://" + host + path
}
