package kube

import (
	"context"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"gondor/app"
	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry/token"
)

// store is the registry as who holds a token of the scope reaches it, from within the
// cluster or as Gondor itself does. A registry elsewhere knows one user.
func (r Registry) store(scope token.Scope) image.Store {
	s := image.Store{Address: r.Address, Insecure: r.Insecure, Dial: r.Dial, Username: r.Username, Password: r.Password}
	if len(r.Key) > 0 {
		s.Username, s.Password = token.Sign(r.Key, scope)
	}
	return s
}

const (
	siteRepositories = "site/" // before the ID of a site
	baseRepositories = token.Bases
)

// siteRepository is where the artifacts of a site are, each under the ID of its build,
// and its cache.
func siteRepository(id app.ID[app.Site]) string { return siteRepositories + string(id) }

// artifact finds what a build has made. CodeNotFound when there is nothing.
func (e *Engine) artifact(ctx context.Context, site app.ID[app.Site], build app.ID[app.Build]) (app.Artifact, error) {
	repository := siteRepository(site)
	made, err := e.options.Registry.store(token.Pull(repository)).Pull(ctx, repository, string(build))
	if err != nil {
		return app.Artifact{}, err
	}
	return artifactOf(e.options.Registry.Host+"/"+repository, made)
}

// artifactOf fixes an image of a repository by its digest.
func artifactOf(repository string, made v1.Image) (app.Artifact, error) {
	digest, err := made.Digest()
	if err != nil {
		return app.Artifact{}, fmt.Errorf("read the digest of %s: %w", repository, err)
	}
	manifest, err := made.Manifest()
	if err != nil {
		return app.Artifact{}, fmt.Errorf("read the manifest of %s: %w", repository, err)
	}
	size := manifest.Config.Size
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	return app.Artifact{Ref: repository + "@" + digest.String(), Size: size}, nil
}

// find looks for an artifact of ours and says whether it has Gondor's binary: an error of
// CodeNotFound when it is not there any more. Of an image that was not built here nobody but
// its registry knows.
func (e *Engine) find(ctx context.Context, a app.Artifact) (shipped bool, err error) {
	path, ours := strings.CutPrefix(a.Ref, e.options.Registry.Host+"/"+siteRepositories)
	if !ours {
		return false, nil
	}
	site, digest, found := strings.Cut(path, "@")
	if !found {
		return false, app.Invalid("artifact", "%q is not an artifact of this engine", a.Ref)
	}
	repository := siteRepositories + site
	made, err := e.options.Registry.store(token.Pull(repository)).Pull(ctx, repository, digest)
	if app.IsNotFound(err) {
		return false, app.Fault(app.CodeNotFound, "the artifact %s is not there any more; build it again", a.Ref)
	}
	return err == nil && e.shipment.has(made), err
}
