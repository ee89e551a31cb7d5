package kube

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gondor/app"
)

// How the lines of a router are gathered: so many at most, for so long.
const (
	routerBatch = 256
	routerDelay = 500 * time.Millisecond
)

// routerPause is how long a router whose output ended is left alone: its container begins anew.
const routerPause = 2 * time.Second

// routerReader brings what one router writes to the logs of instances.
type routerReader struct {
	follower       *routerFollower
	namespace, pod string
	after          time.Time // lines up to here were looked at
}

// routerLine is a line as the kubelet gives it.
type routerLine struct {
	at   time.Time
	text string
}

func (r *routerReader) run(ctx context.Context) {
	defer r.follower.places.forget(r.pod)
	for ctx.Err() == nil {
		if err := r.follow(ctx); err != nil && ctx.Err() == nil {
			r.follower.engine.log.Debug("read what a router writes", "router", r.pod, "error", err)
		}
		sleep(ctx, routerPause)
	}
}

// follow reads until the output of the container ends, or ctx.
func (r *routerReader) follow(ctx context.Context) error {
	options := &corev1.PodLogOptions{Follow: true, Timestamps: true}
	if !r.after.IsZero() {
		options.SinceTime = &metav1.Time{Time: r.after.Truncate(time.Second)}
	}
	stream, err := r.follower.engine.client.CoreV1().Pods(r.namespace).GetLogs(r.pod, options).Stream(ctx)
	if err != nil {
		return fmt.Errorf("read a log: %w", err)
	}
	defer func() { _ = stream.Close() }() // only read
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines, failed := make(chan routerLine, routerBatch), make(chan error, 1)
	go func() {
		defer close(lines)
		failed <- readLines(ctx, stream, lines)
	}()
	return errors.Join(r.gather(ctx, lines), <-failed)
}

// readLines sends what has a time, until the stream ends.
func readLines(ctx context.Context, stream io.Reader, lines chan<- routerLine) error {
	scanner := bufio.NewScanner(stream)
	scanner.Buffer(make([]byte, 0, 4<<10), mostLine)
	for scanner.Scan() {
		stamp, text, _ := strings.Cut(scanner.Text(), " ")
		at, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil {
			continue // the node complains
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case lines <- routerLine{at, text}:
		}
	}
	return scanner.Err()
}

// gather takes lines in batches. What can't be written is tried again from the last place.
func (r *routerReader) gather(ctx context.Context, lines <-chan routerLine) error {
	for line := range lines {
		batch := []routerLine{line}
		enough := time.After(routerDelay)
		for more := true; more && len(batch) < routerBatch; {
			select {
			case line, more = <-lines:
				if more {
					batch = append(batch, line)
				}
			case <-enough:
				more = false
			}
		}
		if err := r.take(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// take gives the new lines of a batch to their instances.
func (r *routerReader) take(ctx context.Context, batch []routerLine) error {
	taken := map[app.ID[app.Instance]][]app.LogLine{}
	for _, line := range batch {
		if instance, text, ok := r.follower.log.Read(line.text); ok && !r.follower.places.has(r.pod, instance, line.at) {
			taken[instance] = append(taken[instance], app.LogLine{Time: line.at, Stream: app.Router, Replica: r.pod, Text: text})
		}
	}
	for instance, lines := range taken {
		if err := r.follower.log.Take(ctx, instance, lines); err != nil {
			return fmt.Errorf("keep what a router wrote: %w", err)
		}
		r.follower.places.note(r.pod, instance, lines[len(lines)-1].Time)
	}
	r.after = batch[len(batch)-1].at
	return nil
}
