package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gondor/cluster/local/supervisor"
)

// greed is a build that takes all it can get of one thing.
type greed struct {
	name   string
	script string
	says   string // in what is told of its end
	pairs  []windows
}

// windows are the 99th percentiles of a site's requests without the build, and beside it.
type windows struct{ without, with time.Duration }

func greeds() []*greed {
	return []*greed{
		{name: "memory", script: "head -c 4000000000 /dev/zero | tail -c 4000000000 >/dev/null", says: "of memory"},
		{name: "forks", script: "while :; do sleep 100 & done", says: "processes and threads at once"},
		{name: "disk", script: "cat /dev/zero >everything", says: "of disk and was stopped"},
		{name: "cpu", script: "for n in 1 2 3 4; do timeout 5 sh -c 'while :; do :; done' & done; wait; exit 9", says: "exit status 9"},
	}
}

// askedFor is how long the site is asked without a build, and the least beside one.
const askedFor = 5 * time.Second

// buildsTarget is by which part a build may move the 99th percentile.
const buildsTarget = 0.1

// measureBuilds asks a site for pages, in turn without a build and beside one that takes
// all it can get, and prints what that does to it.
func measureBuilds(ctx context.Context, b *bench, p plan) (err error) {
	if _, err := exec.LookPath("npm"); err != nil {
		fmt.Println("builds: without npm there is no site whose build runs a script; not measured")
		return nil
	}
	s, err := b.newServer(ctx, "builds", "--disk-budget", "2Gi")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	if _, err := s.run(ctx, b.dir, password, s.binary, "login", "http://"+s.address, "--username", "admin", "--password-stdin"); err != nil {
		return err
	}
	index, all := samples()
	if index != nil {
		index.Close()
	}
	if err := s.prepare(ctx, b, all[0]); err != nil {
		return err
	}
	greedy, err := s.greedySite(ctx, b)
	if err != nil {
		return err
	}
	kinds := greeds()
	failed := 0
	for range max(p.rounds/3, 1) {
		for _, one := range kinds {
			n, err := s.pair(ctx, all[0].host, greedy, one)
			if err != nil {
				return err
			}
			failed += n
		}
	}
	restarts, err := s.restarts(ctx)
	if err != nil {
		return err
	}
	b.reportBuilds(kinds, failed, restarts)
	return nil
}

// greedySite makes the site whose builds are greedy, and returns its directory.
func (s *server) greedySite(ctx context.Context, b *bench) (string, error) {
	dir := filepath.Join(b.dir, "site-greedy")
	err := errors.Join(
		os.Mkdir(dir, 0o755),
		write(dir, "package.json", `{"name": "greedy", "scripts": {"build": "sh greed.sh", "start": "node web.js"}}`),
		write(dir, "greed.sh", "exit 1\n"),
	)
	for _, command := range [][]string{{"git", "init", "-q", "-b", "main"}, {s.binary, "sites", "init", "--name", "greedy"}, {"git", "add", "."}, {"git", "commit", "-qm", "First"}} {
		if err == nil {
			_, err = s.run(ctx, dir, "", command[0], command[1:]...)
		}
	}
	return dir, err
}

// pair asks without a build, then beside one, and returns how many requests failed.
func (s *server) pair(ctx context.Context, host, dir string, one *greed) (failed int, err error) {
	without := s.ask(ctx, host, askedFor, nil)
	if err := write(dir, "greed.sh", one.script+"\n"); err != nil {
		return 0, err
	}
	if _, err := s.run(ctx, dir, "", "git", "commit", "-qam", one.name, "--allow-empty"); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	building := make(chan struct{})
	go func() {
		_, err := s.run(ctx, dir, "", s.binary, "deploy")
		ended <- err
		close(building)
	}()
	with := s.ask(ctx, host, askedFor, building)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), one.says) {
		return 0, fmt.Errorf("the build greedy for %s did not end as it should: %w", one.name, err)
	}
	one.pairs = append(one.pairs, windows{without.p99(), with.p99()})
	return without.failed + with.failed, nil
}

// asked is what a number of requests met with.
type asked struct {
	mu     sync.Mutex
	times  []time.Duration // from when each was due
	failed int
}

func (a *asked) note(took time.Duration, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times = append(a.times, took)
	if err != nil {
		a.failed++
	}
}

func (a *asked) p99() time.Duration {
	slices.Sort(a.times)
	return a.times[len(a.times)*99/100]
}

// ask makes 200 requests a second over four connections, for so long and until a channel,
// if there is one, is closed.
func (s *server) ask(ctx context.Context, host string, least time.Duration, until <-chan struct{}) *asked {
	a := &asked{}
	var connections sync.WaitGroup
	begin := time.Now()
	for i := range 4 {
		connections.Go(func() {
			asker := newAsker(s.address)
			defer asker.close()
			for due := begin.Add(time.Duration(i) * 5 * time.Millisecond); ctx.Err() == nil && (time.Since(begin) < least || !closed(until)); due = due.Add(20 * time.Millisecond) {
				time.Sleep(time.Until(due))
				status, _, err := asker.ask(ctx, host, "/")
				if err == nil && status != 200 {
					err = fmt.Errorf("answered %d", status)
				}
				a.note(time.Since(due), err)
			}
		})
	}
	connections.Wait()
	return a
}

// closed reports whether a channel is closed; nil counts as that.
func closed(c <-chan struct{}) bool {
	if c == nil {
		return true
	}
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// restarts is how often processes of sites ended by themselves.
func (s *server) restarts(ctx context.Context) (int, error) {
	client, err := supervisor.Dial(ctx, filepath.Join(s.data, "engine", "supervisor"))
	if err != nil {
		return 0, err
	}
	all, err := client.List(ctx)
	total := 0
	for _, one := range all {
		total += one.Restarts
	}
	return total, err
}

func (b *bench) reportBuilds(kinds []*greed, failed, restarts int) {
	fmt.Printf("builds: 99th percentile of a site's requests, 200 a second, without a build and beside a greedy one, in turn\n")
	fmt.Printf("%-8s %6s %12s %12s %8s\n", "", "pairs", "without, ms", "beside, ms", "moved")
	for _, one := range kinds {
		without := figuresOf(one.pairs, func(w windows) time.Duration { return w.without }).median
		with := figuresOf(one.pairs, func(w windows) time.Duration { return w.with }).median
		moved := with/without - 1
		fmt.Printf("%-8s %6d %12.2f %12.2f %+7.0f%%\n", one.name, len(one.pairs), without*1e3, with*1e3, moved*100)
		b.verdicts.judge(moved < buildsTarget, "builds: p99 moves by less than a tenth, "+one.name, "%+.0f%%", moved*100)
	}
	b.verdicts.judge(failed == 0, "builds: no request fails", "%d", failed)
	b.verdicts.judge(restarts == 0, "builds: no process of a site is restarted", "%d", restarts)
}
