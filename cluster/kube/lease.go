package kube

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"gondor/app"
)

// The times of the Lease. Between the last moment at which its holder still believes in it
// and the first at which another may take it there are 20 s, in which the holder stops.
const (
	leaseDuration = 40 * time.Second
	leaseRenewal  = 20 * time.Second
	leaseRetry    = 10 * time.Second
)

// ErrLeaseLost says that this control plane could not renew its Lease in time: another
// may be at work by now.
var ErrLeaseLost = errors.New("the Lease of the control plane was lost")

// Lease is what makes sure that one control plane at a time drives a cluster.
type Lease struct {
	Config    *rest.Config
	Namespace string // where Gondor lives; the Lease has its name
	// Identity is who holds it. The same identity takes it again at once, so it must be of
	// one control plane alone, such as a pod of a StatefulSet: two of them that run at the
	// same time would both hold it.
	Identity string
	Logger   *slog.Logger
}

// Hold waits until nobody else holds the Lease, runs fn, and lets the Lease go when that
// has returned. The context of fn ends with ctx, or when the Lease is lost: then Hold
// returns ErrLeaseLost as soon as fn has returned.
func (l Lease) Hold(ctx context.Context, fn func(context.Context) error) error {
	h := &holder{lease: l, ctx: ctx, fn: fn}
	// Its own end, not that of ctx: fn goes on for a while after that, and the Lease with it.
	electing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	h.stop = stop
	elector, err := h.elector()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, h.giveUp)()
	elector.Run(electing)
	return h.result(electing.Err() == nil)
}

// holder is one call of Hold.
type holder struct {
	lease Lease
	ctx   context.Context
	fn    func(context.Context) error
	stop  func()

	mu    sync.Mutex
	holds bool       // fn has been begun
	gone  bool       // ctx has ended before that
	ended chan error // of fn, once it holds
}

// lead runs fn. The elector calls it when it has the Lease; leading ends when that is lost.
func (h *holder) lead(leading context.Context) {
	h.mu.Lock()
	h.holds, h.ended = !h.gone, make(chan error, 1)
	holds := h.holds
	h.mu.Unlock()
	defer h.stop()
	if !holds {
		h.ended <- h.ctx.Err()
		return
	}
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	defer context.AfterFunc(leading, cancel)()
	h.ended <- h.fn(ctx)
}

// giveUp ends the wait for the Lease. Once fn runs, it is fn's to end.
func (h *holder) giveUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone = !h.holds; h.gone {
		h.stop()
	}
}

// result waits for fn, if it was begun.
func (h *holder) result(lost bool) error {
	h.mu.Lock()
	ended := h.ended
	h.mu.Unlock()
	switch {
	case ended == nil:
		return h.ctx.Err()
	case lost:
		return errors.Join(ErrLeaseLost, <-ended)
	default:
		return <-ended
	}
}

func (h *holder) elector() (*leaderelection.LeaderElector, error) {
	l := h.lease
	client, err := kubernetes.NewForConfig(ownConfig(l.Config))
	if err != nil {
		return nil, fmt.Errorf("read how the cluster is reached: %w", err)
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: l.Namespace, Name: l.Namespace},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: l.Identity},
		},
		LeaseDuration: leaseDuration, RenewDeadline: leaseRenewal, RetryPeriod: leaseRetry, ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: h.lead,
			OnStoppedLeading: func() {},
			OnNewLeader:      h.tell,
		},
	})
	if err != nil {
		return nil, app.Invalid("identity", "%q can't hold the Lease: %v", l.Identity, err)
	}
	return elector, nil
}

func (h *holder) tell(holder string) {
	if holder != h.lease.Identity {
		h.lease.Logger.Warn("waiting until another control plane gives up this cluster", "holder", holder)
	}
}
