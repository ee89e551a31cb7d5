package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// starts is how often the server is started at each number of sites.
	starts = 5
	// webSites is how many of the sites have a web process, the first ones; the others
	// have a worker that sleeps.
	webSites = 10
	// restWindow is how long the use of CPU is watched.
	restWindow = 15 * time.Second
)

// idle is what was found at one number of sites.
type idle struct {
	sites       int
	making      time.Duration // of the sites that were added
	restarts    []ready       // with the supervisor running
	cold        ready         // with nothing running
	server      footprint
	supervisor  footprint
	webIsServed bool
}

// ready says how long after exec something was answered.
type ready struct{ api, site time.Duration }

// footprint is what an idle process holds.
type footprint struct {
	memory
	cpu time.Duration // per minute
}

// measureIdle adds sites to one server, and looks at it when it was restarted and rests.
func measureIdle(ctx context.Context, b *bench, p plan) (err error) {
	s, err := b.newServer(ctx, "idle")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	var all []idle
	for _, sites := range p.sites {
		before := 0
		if len(all) > 0 {
			before = all[len(all)-1].sites
		}
		one := idle{sites: sites, webIsServed: sites > 0}
		if one.making, err = s.populate(ctx, before, sites); err != nil {
			return err
		}
		if err := s.observe(ctx, &one); err != nil {
			return err
		}
		all = append(all, one)
	}
	b.reportIdle(all)
	return nil
}

// observe takes the figures. The last start is the one whose memory is looked at: the
// supervisor was started just before.
func (s *server) observe(ctx context.Context, one *idle) (err error) {
	for range starts {
		restart, err := s.restart(ctx, one.webIsServed, s.stop)
		if err != nil {
			return err
		}
		one.restarts = append(one.restarts, restart)
	}
	if one.cold, err = s.restart(ctx, one.webIsServed, s.halt); err != nil {
		return err
	}
	if err := errors.Join(s.awaitAll(ctx, one.sites), s.rest(ctx)); err != nil {
		return err
	}
	if _, err := s.restart(ctx, one.webIsServed, s.stop); err != nil {
		return err
	}
	if err := s.rest(ctx); err != nil {
		return err
	}
	return s.weigh(ctx, one)
}

// restart ends the server and measures its start.
func (s *server) restart(ctx context.Context, web bool, end func() error) (ready, error) {
	if err := end(); err != nil {
		return ready{}, err
	}
	began := time.Now()
	if err := s.start(); err != nil {
		return ready{}, err
	}
	type answer struct {
		at  time.Time
		err error
	}
	site := make(chan answer, 1)
	go func() {
		if !web {
			site <- answer{at: began}
			return
		}
		at, err := s.firstAnswer(ctx, siteName(0)+"."+domain, "/")
		site <- answer{at, err}
	}()
	at, err := s.firstAnswer(ctx, domain, "/v2/openapi.json")
	other := <-site
	return ready{at.Sub(began), other.at.Sub(began)}, errors.Join(err, other.err)
}

// weigh looks at what the server and the supervisor hold and use now.
func (s *server) weigh(ctx context.Context, one *idle) error {
	pids, err := s.pids()
	if err != nil {
		return err
	}
	prints := []*footprint{&one.server, &one.supervisor}
	used, err := used(ctx, pids, restWindow)
	if err != nil {
		return err
	}
	for i, pid := range pids {
		prints[i].cpu = used[i] * time.Duration(time.Minute/restWindow)
		if prints[i].memory, err = memoryOf(pid); err != nil {
			return err
		}
	}
	return nil
}

const (
	readyTarget  = 500 * time.Millisecond
	memoryTarget = 60 * 1000 * 1000
)

func (b *bench) reportIdle(all []idle) {
	fmt.Printf("idle: seconds from exec to the first answers (medians of %d starts beside the running supervisor; cold: one\n", starts)
	fmt.Println("start with nothing running), and what both processes hold, each restarted and at rest, in MB and ms CPU per minute")
	fmt.Printf("%6s %7s | %7s %7s %8s %8s | %7s %7s %7s | %7s %7s %7s\n", "", "", "start", "", "cold", "", "control", "plane", "", "super-", "visor", "")
	fmt.Printf("%6s %7s | %7s %7s %8s %8s | %7s %7s %7s | %7s %7s %7s\n",
		"sites", "made in", "API", "a site", "API", "a site", "RSS", "anon.", "CPU/min", "RSS", "anon.", "CPU/min")
	for _, one := range all {
		api := figuresOf(one.restarts, func(r ready) time.Duration { return r.api })
		site := figuresOf(one.restarts, func(r ready) time.Duration { return r.site })
		fmt.Printf("%6d %6.1fs | %7.3f %7s %8.3f %8s | %7.1f %7.1f %7d | %7.1f %7.1f %7d\n", one.sites, one.making.Seconds(),
			api.median, orNone(one, site.median), one.cold.api.Seconds(), orNone(one, one.cold.site.Seconds()),
			megabytes(one.server.rss), megabytes(one.server.anonymous), one.server.cpu.Milliseconds(),
			megabytes(one.supervisor.rss), megabytes(one.supervisor.anonymous), one.supervisor.cpu.Milliseconds())
		if one.sites != webSites {
			continue
		}
		ready := max(api.median, site.median)
		b.verdicts.judge(ready < readyTarget.Seconds(), "idle: ready in under 0.5 s with 10 sites", "%.3f s", ready)
		b.verdicts.judge(one.server.rss < memoryTarget, "idle: control plane under 60 MB RSS with 10 sites", "%.1f MB", megabytes(one.server.rss))
	}
}

func orNone(one idle, seconds float64) string {
	if !one.webIsServed {
		return "-"
	}
	return fmt.Sprintf("%.3f", seconds)
}

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }
