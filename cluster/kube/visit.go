package kube

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	informers "k8s.io/client-go/informers/apps/v1"
	appslisters "k8s.io/client-go/listers/apps/v1"
	"k8s.io/client-go/tools/cache"

	"gondor/cluster/kube/agent"
)

// visitInterval is between two rounds over the agents.
const visitInterval = 5 * time.Second

// visit goes round the agents until ctx ends: it tells each what the store has, and takes
// what it keeps of pods that have gone.
func (f *follower) visit(ctx context.Context, deployments informers.DeploymentInformer) error {
	if f.agents == nil {
		return nil
	}
	if !cache.WaitForCacheSync(ctx.Done(), f.informer.HasSynced, deployments.Informer().HasSynced) {
		return ctx.Err()
	}
	if err := f.agents.find(ctx); err != nil {
		return err
	}
	v := visitor{follower: f, deployments: deployments.Lister()}
	for {
		if err := v.round(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("what agents keep can't be taken yet", "error", err)
		}
		if !sleep(ctx, visitInterval) {
			return ctx.Err()
		}
	}
}

// visitor goes round the agents.
type visitor struct {
	follower    *follower
	deployments appslisters.DeploymentLister
}

func (v visitor) round(ctx context.Context) error {
	at, err := v.follower.agents.list()
	if err != nil {
		return err
	}
	words := v.follower.taken()
	var (
		visits sync.WaitGroup
		mu     sync.Mutex
		errs   []error
	)
	for node, address := range at {
		if address == "" {
			continue
		}
		visits.Go(func() {
			if err := v.visit(ctx, node, address, words[node]); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("visit the agent of %s: %w", node, err))
			}
		})
	}
	visits.Wait()
	return errors.Join(errs...)
}

// taken is what the store has of all pods, by their nodes.
func (f *follower) taken() map[string][]agent.Taken {
	f.mu.Lock()
	defer f.mu.Unlock()
	words := map[string][]agent.Taken{}
	for _, r := range f.readers {
		node, word := r.taken()
		words[node] = append(words[node], word)
	}
	return words
}

// visit tells one agent what was taken, then takes what is left of pods that have gone.
func (v visitor) visit(ctx context.Context, node, address string, words []agent.Taken) error {
	pods, err := v.follower.agents.ask.Take(ctx, address, words)
	if err != nil {
		return err
	}
	v.follower.settle(node, pods)
	places := newPositions(v.follower.store) // as they are now
	var done []agent.Taken
	var errs []error
	for _, pod := range pods {
		gone, err := v.hasGone(ctx, pod)
		if err == nil && gone {
			err = v.inherit(ctx, pod, node, places)
		}
		if err == nil && gone {
			done = append(done, agent.Taken{UID: pod.UID, All: true})
		}
		errs = append(errs, err)
	}
	if len(done) > 0 {
		_, err = v.follower.agents.ask.Take(ctx, address, done)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// settle forgets where readers were on a node whose agent keeps nothing more of their pods.
func (f *follower) settle(node string, kept []agent.Pod) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.left, func(uid types.UID, l left) bool {
		return l.node == node && !slices.ContainsFunc(kept, func(p agent.Pod) bool { return p.UID == string(uid) })
	})
}
