package main

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"gondor/app"
	"gondor/web/api"
)

// makeSite makes a site of one web service.
func (k *kubeBench) makeSite(ctx context.Context, name string, replicas int) (api.Instance, error) {
	site, err := k.client.CreateSite(ctx, api.NewSite{Name: name})
	if err != nil {
		return api.Instance{}, err
	}
	instance, err := k.client.CreateInstance(ctx, api.NewInstance{Site: site.URL, Label: app.PrimaryLabel, Kind: app.Production})
	if err != nil {
		return instance, err
	}
	web := api.NewService{Instance: instance.URL, Name: string(app.Web), Kind: app.Web, Replicas: &replicas}
	_, err = k.client.CreateService(ctx, web)
	return instance, err
}

// populate makes the sites by the API and deploys an image to each.
func (k *kubeBench) populate(ctx context.Context, count int) error {
	group, making := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for n := range count {
		group.Go(func() error {
			replicas := 0
			if n < kubeRunning {
				replicas = 1
			}
			instance, err := k.makeSite(making, siteName(n), replicas)
			if err == nil {
				err = k.releaseImage(making, instance, k.images[0])
			}
			if err != nil {
				return fmt.Errorf("make %s: %w", siteName(n), err)
			}
			return nil
		})
	}
	return group.Wait()
}

// releaseImage does what gondor deploy --image does.
func (k *kubeBench) releaseImage(ctx context.Context, instance api.Instance, image edition) error {
	built, err := k.client.CreateBuild(ctx, api.NewBuild{Site: instance.Site, Instance: instance.URL, Image: image.reference})
	if err != nil {
		return err
	}
	if err := until(ctx, "the image is looked at", func() (bool, error) {
		built, err = api.Get[api.Build](ctx, k.client, built.URL)
		return built.State.Ended(), err
	}); err != nil {
		return err
	}
	release, err := k.client.CreateRelease(ctx, api.NewRelease{Instance: instance.URL, Build: built.URL})
	if err != nil {
		return err
	}
	err = until(ctx, "it is deployed", func() (bool, error) {
		release, err = api.Get[api.Release](ctx, k.client, release.URL)
		return !release.State.Moving(), err
	})
	if err == nil && release.State != app.ReleaseActive {
		err = errors.New(release.Message)
	}
	return err
}
