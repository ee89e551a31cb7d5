package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gondor/test/load"
	"gondor/test/shop"
)

const (
	// soakRate is the requests a second, without those of assets.
	soakRate = 200
	// soakLimit is the time that the soaks may take.
	soakLimit = 2 * time.Hour
	// breather is between two changes, so that there is something to compare with.
	breather = 2 * time.Second
)

// The phases that latencies are told apart by.
const (
	between = "between changes"
	during  = "during changes"
)

// soaked is the shop under load on one engine.
type soaked struct {
	engine  string
	dir     string // its work tree
	address string // of the router
	host    string
	// run types a command into a shell in dir.
	run func(ctx context.Context, program string, args ...string) (string, error)
	// weigh is what the control plane holds now.
	weigh func(ctx context.Context) (memory, error)

	edition int
	took    []time.Duration // by deploy
	held    []memory        // after each deploy
}

// soak deploys the shop again and again while people use it, rolls it back and scales it
// now and then, and prints what became of their requests.
func (b *bench) soak(ctx context.Context, s *soaked, deploys int) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	run := load.Start(ctx, load.Options{
		Address: s.address, Host: s.host, Rate: soakRate, Mix: shop.Mix("GET", "POST"),
	})
	run.During(between)
	err := pause(ctx, 5*breather)
	for n := 1; n <= deploys && err == nil; n++ {
		err = s.change(ctx, run, n, deploys)
	}
	report := run.Stop()
	if err := errors.Join(err, ctx.Err()); err != nil {
		return fmt.Errorf("%w\n%s", err, report)
	}
	b.reportSoak(s, report)
	return nil
}

// open deploys the first edition with two replicas.
func (s *soaked) open(ctx context.Context) error {
	if err := os.CopyFS(s.dir, shop.Sources()); err != nil {
		return fmt.Errorf("make the shop: %w", err)
	}
	for _, command := range []string{
		"git init -q -b main", "gondor sites init --name shop", "git add .", "git commit -qm First",
		"gondor deploy", "gondor services scale web --replicas 2",
	} {
		words := strings.Fields(command)
		if _, err := s.run(ctx, words[0], words[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// change makes the n-th of all deploys. After every tenth of them the shop is scaled, after
// every twentieth it is rolled back.
func (s *soaked) change(ctx context.Context, run *load.Run, n, deploys int) error {
	run.During(during)
	if err := s.deploy(ctx); err != nil {
		return err
	}
	if share := deploys / 10; n%share == 0 {
		replicas := 2 + n/share%2
		if _, err := s.run(ctx, "gondor", "services", "scale", "web", "--replicas", fmt.Sprint(replicas)); err != nil {
			return err
		}
	}
	if n%(deploys/5) == 0 {
		if _, err := s.run(ctx, "gondor", "rollback"); err != nil {
			return err
		}
	}
	run.During(between)
	held, err := s.weigh(ctx)
	if err != nil {
		return err
	}
	s.held = append(s.held, held)
	return pause(ctx, breather)
}

// deploy commits the next edition and deploys it.
func (s *soaked) deploy(ctx context.Context) error {
	path := filepath.Join(s.dir, shop.Page)
	page, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	next := strings.Replace(string(page), shop.Edition(s.edition), shop.Edition(s.edition+1), 1)
	if err := write(s.dir, shop.Page, next); err != nil {
		return fmt.Errorf("change the page: %w", err)
	}
	s.edition++
	if _, err := s.run(ctx, "git", "commit", "-qam", shop.Edition(s.edition)); err != nil {
		return err
	}
	began := time.Now()
	_, err = s.run(ctx, "gondor", "deploy")
	s.took = append(s.took, time.Since(began))
	return err
}
