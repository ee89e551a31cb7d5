package app

import (
	"context"
	"fmt"
	"time"
)

// Workload is a service in one release as an engine should run it.
type Workload struct {
	Ref      WorkloadRef
	Program  Program
	Kind     ServiceKind
	Replicas int
	Host     string        // what health checks send as their Host
	Scheme   string        // and as X-Forwarded-Proto
	Config   ServiceConfig // without zero fields
	LogName  LogName
}

// WorkloadRef identifies a workload. A service that moves to another release, or is
// restarted, is a new workload beside the old one until it is healthy.
type WorkloadRef struct {
	Instance ID[Instance]
	Service  string
	Release  int // the release's number
	Restart  int // the service's restart count
}

// String returns "INSTANCE/SERVICE/vRELEASE.RESTART".
func (r WorkloadRef) String() string {
	return fmt.Sprintf("%s/%s/v%d.%d", r.Instance, r.Service, r.Release, r.Restart)
}

// Workloads runs services that stay up: it starts replicas, restarts those that end
// (at once the first time, then after 1 s, doubling up to 60 s, back to at once after
// 60 s of life), checks their health and tells what it sees. It goes on doing so while
// Gondor itself is down as far as the engine can. It is safe for concurrent use.
type Workloads interface {
	// Apply makes it so: a workload that is new is started, one that is known is scaled to
	// w.Replicas. All else of a known workload is fixed by its ref and not looked at
	// again. Applying the same again changes nothing. It returns when the engine has
	// taken it on, not when it is done.
	Apply(ctx context.Context, w Workload) error
	// Remove drains the workload's replicas of requests in flight, for the DrainTimeout
	// at most, stops them with SIGTERM and, after the StopTimeout, SIGKILL, and forgets
	// it. It returns when the engine has taken that on; a last Observation with Gone
	// follows. Removing what is not there is no error.
	Remove(ctx context.Context, ref WorkloadRef) error
	// Purge kills the ephemeral processes of an instance whose workloads are gone, and
	// removes what is kept of it: its DATA_DIR and its user. It can't be undone. No error
	// when there is nothing.
	Purge(ctx context.Context, id ID[Instance]) error
	// Observe calls fn with every workload that there is, then once with a Synced
	// observation, then at every change, one call at a time, until ctx ends. When fn
	// returns, what it was told has been taken to heart: a replica is only stopped after
	// fn has returned from the call that said it is draining.
	Observe(ctx context.Context, fn func(Observation)) error
}

// Observation is the present state of one workload.
type Observation struct {
	Ref      WorkloadRef
	Replicas []Replica
	Gone     bool // it has been removed entirely; Replicas is empty
	Synced   bool // everything there was when Observe began has been told; all else is zero
}

// Replica is one running copy of a workload.
type Replica struct {
	Ref      WorkloadRef
	ID       string // unique within the engine
	Address  string // "127.0.0.1:20001", of a web service
	State    ReplicaState
	Started  time.Time // of its present process
	Restarts int       // how often its process ended by itself
	Message  string    // the last health check's answer or the last exit, for people
	LastExit string    // how its process ended last, for people; "" while it never did
	Output   []string  // the last lines it wrote, kept when it is not healthy
}

// ReplicaState says how a replica is.
type ReplicaState string

// The states of a replica.
const (
	ReplicaStarting  ReplicaState = "starting"  // it runs and was never healthy
	ReplicaHealthy   ReplicaState = "healthy"   // its health check passes
	ReplicaUnhealthy ReplicaState = "unhealthy" // it was healthy, three checks in a row failed
	ReplicaCrashed   ReplicaState = "crashed"   // its process ended; it waits to be started again
	ReplicaDraining  ReplicaState = "draining"  // it gets no new requests and is about to stop
)
