package kube

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	"gondor/cluster/kube/agent"
)

// agentPatience is how long the agent of a node is waited for after a restart of Gondor. It
// may be replaced at the same time.
const agentPatience = 20 * time.Second

// catchUp copies what an agent has kept while Gondor was down, of a pod that was there
// before us. What the kubelet gives out begins later, and lines behind a gap would hide it.
func (r *reader) catchUp(ctx context.Context) {
	if r.follower.agents == nil || !r.before {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, agentPatience)
	defer cancel()
	for pause := leastPause; ; pause = min(2*pause, mostPause) {
		err := r.copyKept(ctx)
		if err == nil {
			return
		}
		if !sleep(ctx, pause) {
			r.complain("what was written while Gondor was down may be lost", err)
			return
		}
	}
}

// fillGap copies what was rotated away since the last line. The kubelet gives out what
// follows already, so that nothing can be between the two.
func (r *reader) fillGap(ctx context.Context) {
	if r.follower.agents == nil {
		return
	}
	if err := r.copyKept(ctx); err != nil && ctx.Err() == nil {
		r.complain("lines may be missing from a log", err)
	}
}

// copyKept copies what the agent of the pod's node keeps, behind the reader's place.
func (r *reader) copyKept(ctx context.Context) error {
	r.mu.Lock()
	node, uid := r.pod.Spec.NodeName, r.pod.UID
	r.mu.Unlock()
	if node == "" {
		return nil
	}
	stream, err := r.follower.agents.lines(ctx, node, string(uid), r.place.after)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // only read
	c := copying{reader: r, lines: bufio.NewReaderSize(stream, 64<<10), at: r.place.after, kept: true}
	if err = c.all(); errors.Is(err, io.EOF) {
		err = nil
		if r.isGone() {
			err = c.last() // nobody will end it
		}
	}
	return errors.Join(err, c.flush())
}

// taken tells what the store has of the reader's pod, and on which node that is.
func (r *reader) taken() (node string, word agent.Taken) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pod.Spec.NodeName, agent.Taken{
		UID: string(r.pod.UID), After: r.place.after,
		Owner: agent.Owner{Log: string(r.name), Process: r.replica},
	}
}
