package world

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"gondor/cluster/kube/registry/token"
)

// Push pushes an image as "base/debian:1" or "site/ID:BUILD" and returns the reference that
// nodes pull it by.
func (r *Registry) Push(ctx context.Context, as string, image v1.Image) (string, error) {
	tag, err := name.NewTag(r.Address+"/"+as, name.Insecure)
	if err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	if err := remote.Write(tag, image, r.remote(ctx)...); err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	digest, err := image.Digest()
	if err != nil {
		return "", fmt.Errorf("push %s: %w", as, err)
	}
	repository, _, _ := strings.Cut(as, ":")
	return cmp.Or(r.Inside, r.Host) + "/" + repository + "@" + digest.String(), nil
}

// Pull returns the image of a reference that Push or Base returned. What is made of it and
// pushed again brings only what is new.
func (r *Registry) Pull(ctx context.Context, reference string) (v1.Image, error) {
	_, path, _ := strings.Cut(reference, "/")
	digest, err := name.NewDigest(r.Address+"/"+path, name.Insecure)
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", reference, err)
	}
	image, err := remote.Image(digest, r.remote(ctx)...)
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", reference, err)
	}
	return image, nil
}

func (r *Registry) remote(ctx context.Context) []remote.Option {
	user, password := token.Sign(r.Key, token.Admin())
	return []remote.Option{
		remote.WithAuth(&authn.Basic{Username: user, Password: password}),
		remote.WithTransport(r.transport()), remote.WithContext(ctx),
	}
}

func (r *Registry) transport() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return r.Dial(ctx, network, address)
	}}
}
