// Command bench prints what Gondor costs, all figures from one run: what a request takes
// beside other proxies, what a deploy takes besides the site's own work, what a site feels
// of greedy builds, how much goes through a run, what lines of logs cost and how soon they are
// found, and how long the control plane and the supervisor take to start and what they hold
// when idle.
//
//	go run ./test/bench [-only router,deploy,builds,idle,pipe,logs,kube,kube-pipe] [-rounds 10] [-sites 0,10,1000]
//	go run ./test/bench -only soak,soak-kube [-deploys 100]
//
// The soaks, which only run when they are named, deploy a site under load a hundred times.
// On the Kubernetes of test/cluster, where that is up, it also prints what a deploy takes
// beside one without Gondor, what Gondor asks of the API server and holds when idle, and how
// much goes through a run beside kubectl exec.
// It runs on Linux only, wants git, and runs without what else is not installed. It ends
// what it started and removes its files, after Ctrl-C too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	enter := run
	if len(os.Args) == 4 && os.Args[1] == torrentRole {
		enter = func(args []string) error { return writeTorrent(args[1], args[2]) }
	}
	if err := enter(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan is what a run does.
type plan struct {
	only   string        // parts, with commas between them
	rounds int           // deploys of each site
	sites  []int         // how many there are when the idle figures are taken, rising
	limit  time.Duration // of all of it

	deploys    int           // of a site under load, in a row
	kubeSites  int           // how many there are when the idle figures are taken on Kubernetes
	kubeWindow time.Duration // how long requests to its API server are counted
}

// parts are what a run consists of, in their order.
func parts() []part {
	return []part{
		{"router", measureRouter},
		{"deploy", measureDeploys},
		{"builds", measureBuilds},
		{"idle", measureIdle},
		{"pipe", measurePipe},
		{"logs", measureLogs},
		{"kube", measureKube},
		{"kube-pipe", measureKubePipe},
		{"soak", measureSoak},
		{"soak-kube", measureSoakOnKube},
	}
}

type part struct {
	name    string
	measure func(ctx context.Context, b *bench, p plan) error
}

func run(args []string) error {
	p, err := read(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, p.limit, fmt.Errorf("it took longer than %v", p.limit))
	defer cancel()
	b, err := open(ctx)
	if err != nil {
		return err
	}
	err = b.measure(ctx, p)
	if ctx.Err() != nil {
		err = context.Cause(ctx) // whatever else failed did so because of it
	}
	return errors.Join(err, b.close())
}

func read(args []string) (plan, error) {
	p := plan{sites: []int{0, 10, 1000}}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&p.only, "only", "router,deploy,builds,idle,pipe,logs,kube,kube-pipe", "the parts to run, with commas between them")
	flags.IntVar(&p.rounds, "rounds", 10, "deploys of each site")
	flags.DurationVar(&p.limit, "limit", 0, "the time that all of it may take (default by the parts)")
	flags.IntVar(&p.deploys, "deploys", 100, "deploys in a row of a site under load")
	flags.IntVar(&p.kubeSites, "kube-sites", 50, "how many sites there are when Gondor on Kubernetes rests")
	flags.DurationVar(&p.kubeWindow, "kube-window", 3*time.Minute, "how long an idle control plane's requests are counted")
	flags.Func("sites", "how many sites there are, rising (default 0,10,1000)", func(text string) error {
		p.sites = nil
		for one := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(one)
			if err != nil {
				return err
			}
			p.sites = append(p.sites, n)
		}
		return nil
	})
	err := flags.Parse(args)
	p.rounds, p.deploys = max(p.rounds, 1), max(p.deploys, 10)
	if p.limit == 0 {
		p.limit = 10*time.Minute + kubeLimit
		if p.names("soak") || p.names("soak-kube") {
			p.limit += soakLimit
		}
	}
	return p, err
}

// names reports whether a part is to be run.
func (p plan) names(part string) bool { return strings.Contains(","+p.only+",", ","+part+",") }

// measure runs the parts that the plan names.
func (b *bench) measure(ctx context.Context, p plan) error {
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Printf("%d cores; load before: %s\n", runtime.NumCPU(), load)
	}
	for _, one := range parts() {
		if !p.names(one.name) {
			continue
		}
		began := time.Now()
		if err := one.measure(ctx, b, p); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		fmt.Printf("(%s took %.0f s)\n\n", one.name, time.Since(began).Seconds())
	}
	b.verdicts.report()
	return nil
}
