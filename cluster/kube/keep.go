package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"gondor/app"
	"gondor/cluster/kube/builder"
	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry"
	"gondor/cluster/kube/registry/token"
)

// Keep implements app.Builder. The registry inside Gondor gives the space back at once,
// one elsewhere when it next looks for what no image needs.
func (e *Engine) Keep(ctx context.Context, asOf time.Time, builds []app.ID[app.Build], sites []app.ID[app.Site]) error {
	_, err := e.options.Logs.Trim(ctx, e.options.LogBudget)
	return errors.Join(err, e.keepImages(ctx, asOf, builds, sites))
}

func (e *Engine) keepImages(ctx context.Context, asOf time.Time, builds []app.ID[app.Build], sites []app.ID[app.Site]) error {
	builds = append(slices.Clone(builds), e.builds.underWay()...)
	if len(e.options.Registry.Key) == 0 {
		return e.keepElsewhere(ctx, asOf, builds, sites)
	}
	kept := registry.Kept{AsOf: asOf}
	for _, id := range builds {
		kept.Tags = append(kept.Tags, string(id))
	}
	for _, id := range sites {
		kept.Caches = append(kept.Caches, siteRepository(id))
	}
	return registry.Keep(ctx, e.options.Registry.store(token.Admin()), kept)
}

// keepElsewhere does it by what every registry can.
func (e *Engine) keepElsewhere(ctx context.Context, asOf time.Time, builds []app.ID[app.Build], sites []app.ID[app.Site]) error {
	k := keeper{store: e.options.Registry.store(token.Admin()), latest: app.NewID[app.Build](asOf), wanted: map[string]bool{}}
	for _, id := range builds {
		k.wanted[string(id)] = true
	}
	repositories, err := k.store.Repositories(ctx)
	if err != nil {
		return fmt.Errorf("decide which images to keep: %w", err)
	}
	var errs []error
	for _, repository := range repositories {
		site, isSite := strings.CutPrefix(repository, siteRepositories)
		if isSite && ctx.Err() == nil {
			k.cache = slices.Contains(sites, app.ID[app.Site](site))
			errs = append(errs, k.keep(ctx, repository))
		}
	}
	return errors.Join(errs...)
}

// keeper removes what nobody wants of one repository after the other.
type keeper struct {
	store  image.Store
	wanted map[string]bool   // tags
	latest app.ID[app.Build] // builds that came later are left alone: IDs are in the order of time
	cache  bool              // the cache is wanted
}

func (k keeper) keep(ctx context.Context, repository string) error {
	tags, err := k.store.Tags(ctx, repository)
	if err != nil {
		return err
	}
	var unwanted, kept []string
	for _, tag := range tags {
		if k.wants(tag, tags) {
			kept = append(kept, tag)
		} else {
			unwanted = append(unwanted, tag)
		}
	}
	if len(unwanted) == 0 {
		return nil
	}
	return k.remove(ctx, repository, unwanted, kept)
}

// wants reports whether a tag is wanted. The cache of a site that is too new to be in the
// list is wanted as long as an artifact of it is.
func (k keeper) wants(tag string, all []string) bool {
	if tag == builder.CacheTag {
		return k.cache || slices.ContainsFunc(all, func(t string) bool { return t != builder.CacheTag && k.wants(t, nil) })
	}
	return k.wanted[tag] || tag > string(k.latest)
}

// remove removes tags with their images, unless another tag stands for the same image.
func (k keeper) remove(ctx context.Context, repository string, unwanted, kept []string) error {
	needed, err := k.digests(ctx, repository, kept)
	if err != nil {
		return err
	}
	var errs []error
	for _, tag := range unwanted {
		digest, err := k.store.Digest(ctx, repository, tag)
		switch {
		case app.IsNotFound(err): // another tag of the same image was removed before
		case err != nil:
			errs = append(errs, err)
		case needed[digest]:
			errs = append(errs, k.store.Delete(ctx, repository, tag))
		default:
			errs = append(errs, k.store.Delete(ctx, repository, digest.String()))
		}
	}
	return errors.Join(errs...)
}

func (k keeper) digests(ctx context.Context, repository string, tags []string) (map[v1.Hash]bool, error) {
	all := map[v1.Hash]bool{}
	for _, tag := range tags {
		digest, err := k.store.Digest(ctx, repository, tag)
		if err != nil && !app.IsNotFound(err) {
			return nil, err
		}
		all[digest] = true
	}
	return all, nil
}
