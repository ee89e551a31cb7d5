package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// measure is what one round showed of one proxy.
type measure struct {
	result
	cpu      time.Duration // user and system, per request
	resident int64         // bytes, after the round
}

// compare runs the rounds, each proxy in turn, and prints the medians.
func compare(ctx context.Context, p plan) error {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	backend, cmd, err := startBackend(ctx)
	if err != nil {
		return err
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	all, cleanup, err := startAll(ctx, backend)
	defer func() { cancel(); cleanup() }()
	if err != nil {
		return err
	}
	if err := rounds(ctx, p, all); err != nil {
		return err
	}
	report(p, all)
	return nil
}

// startAll starts every proxy that is installed. The cleanup waits for their end, which
// the end of ctx brings, and removes their folders.
func startAll(ctx context.Context, backend string) (all []*running, cleanup func(), err error) {
	var dirs []string
	cleanup = func() {
		for _, r := range all {
			_ = r.cmd.Wait() // killed by us
		}
		for _, dir := range dirs {
			_ = os.RemoveAll(dir)
		}
	}
	for _, p := range proxies() {
		dir, err := os.MkdirTemp("", "gondor-bench-")
		if err != nil {
			return all, cleanup, fmt.Errorf("make a folder: %w", err)
		}
		dirs = append(dirs, dir)
		r, err := start(ctx, p, dir, backend)
		if errors.Is(err, errAbsent) {
			fmt.Printf("%s is not installed: skipped\n", p.name)
			continue
		}
		if r != nil {
			all = append(all, r)
		}
		if err != nil {
			return all, cleanup, err
		}
	}
	return all, cleanup, nil
}

// rounds measures A B C D, A B C D, after a warm-up of a tenth.
func rounds(ctx context.Context, p plan, all []*running) error {
	for _, r := range all {
		if _, err := r.load(ctx, p.requests/10, p.connections); err != nil {
			return err
		}
	}
	for range p.rounds {
		for _, r := range all {
			m, err := r.measure(ctx, p)
			if err != nil {
				return err
			}
			r.rounds = append(r.rounds, m)
		}
	}
	return nil
}

func (r *running) measure(ctx context.Context, p plan) (measure, error) {
	pid := r.cmd.Process.Pid
	before, err := cpu(pid)
	if err != nil {
		return measure{}, err
	}
	seen, err := r.load(ctx, p.requests, p.connections)
	if err != nil {
		return measure{}, err
	}
	after, err := cpu(pid)
	if err != nil {
		return measure{}, err
	}
	memory, err := resident(pid)
	return measure{seen, (after - before) / time.Duration(max(seen.Requests, 1)), memory}, err
}

// load runs this program as the load, in a process of its own.
func (r *running) load(ctx context.Context, requests, connections int) (result, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "load", r.address, strconv.Itoa(requests), strconv.Itoa(connections))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return result{}, fmt.Errorf("load %s: %w", r.name, err)
	}
	var seen result
	if err := json.Unmarshal(out, &seen); err != nil {
		return result{}, fmt.Errorf("read the result of the load: %w", err)
	}
	return seen, nil
}

func report(p plan, all []*running) {
	fmt.Printf("router: %d requests, %d connections, medians of %d rounds\n", p.requests, p.connections, p.rounds)
	fmt.Printf("%-8s %14s %9s %10s %8s %8s %7s %7s\n", "", "CPU µs/request", "to caddy", "requests/s", "p50 ms", "p99 ms", "errors", "RSS MB")
	caddy := time.Duration(0)
	for _, r := range all {
		if r.name == "caddy" {
			caddy = median(r.rounds, func(m measure) time.Duration { return m.cpu })
		}
	}
	for _, r := range all {
		used := median(r.rounds, func(m measure) time.Duration { return m.cpu })
		ratio := "-"
		if caddy > 0 {
			ratio = fmt.Sprintf("%.2f", float64(used)/float64(caddy))
		}
		failed := 0
		for _, m := range r.rounds {
			failed += m.Errors
		}
		fmt.Printf("%-8s %14.1f %9s %10.0f %8.2f %8.2f %7d %7.1f\n", r.name, float64(used.Nanoseconds())/1e3, ratio,
			median(r.rounds, func(m measure) float64 { return float64(m.Requests) / m.Seconds }),
			median(r.rounds, func(m measure) float64 { return m.P50.Seconds() * 1e3 }),
			median(r.rounds, func(m measure) float64 { return m.P99.Seconds() * 1e3 }),
			failed, float64(median(r.rounds, func(m measure) int64 { return m.resident }))/1e6)
	}
}

func median[T cmp.Ordered](rounds []measure, of func(measure) T) T {
	values := make([]T, 0, len(rounds))
	for _, m := range rounds {
		values = append(values, of(m))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
