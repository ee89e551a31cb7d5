package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gondor/web/api"
)

// stages are the parts of a deploy with Gondor, by the control plane's clock, which is this
// machine's.
type stages struct {
	begun   time.Duration // from exec of the command until there is a build
	looked  time.Duration // until the image has been looked at
	asked   time.Duration // until there is a release
	running time.Duration // until its pods are ready and the routes lead to them
}

// stagesOf reads the parts of the newest deploy, whose command began then.
func (r *rivals) stagesOf(ctx context.Context, began time.Time) (s stages, err error) {
	releases, err := r.kube.client.Releases(ctx, r.instance.URL)
	if err != nil || len(releases) == 0 || releases[0].Ended == nil {
		return s, errors.Join(errors.New("the deploy has left no release that has ended"), err)
	}
	newest := releases[0]
	build, err := api.Get[api.Build](ctx, r.kube.client, newest.Build)
	if err != nil || build.Ended == nil {
		return s, errors.Join(errors.New("the deploy has left no build that has ended"), err)
	}
	return stages{
		begun: build.Created.Sub(began), looked: build.Ended.Sub(build.Created),
		asked: newest.Created.Sub(*build.Ended), running: newest.Ended.Sub(newest.Created),
	}, nil
}

// reportStages prints the medians of the parts.
func (r *rivals) reportStages() {
	median := func(of func(stages) time.Duration) float64 {
		return figuresOf(r.pairs, func(p pair) time.Duration { return of(p.stages) }).median
	}
	fmt.Printf("of gondor's: until there is a build %.3f, the image is looked at %.3f, until there is a release %.3f, pods and routes %.3f\n",
		median(func(s stages) time.Duration { return s.begun }), median(func(s stages) time.Duration { return s.looked }),
		median(func(s stages) time.Duration { return s.asked }), median(func(s stages) time.Duration { return s.running }))
}
