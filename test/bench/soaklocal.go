package main

import (
	"context"
	"errors"
	"path/filepath"
)

// measureSoak soaks the local engine.
func measureSoak(ctx context.Context, b *bench, p plan) (err error) {
	s, err := b.newServer(ctx, "soak")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	if _, err := s.run(ctx, b.dir, password, s.binary, "login", "http://"+s.address, "--username", "admin", "--password-stdin"); err != nil {
		return err
	}
	one := &soaked{
		engine: "this machine", dir: filepath.Join(b.dir, "shop"), address: s.address, host: "shop." + domain,
		weigh: func(context.Context) (memory, error) { return s.held() },
	}
	one.run = func(ctx context.Context, program string, args ...string) (string, error) {
		if program == "gondor" {
			program = s.binary
		}
		return s.run(ctx, one.dir, "", program, args...)
	}
	return b.soak(ctx, one, p.deploys)
}

// held is what the server and its supervisor hold now.
func (s *server) held() (sum memory, err error) {
	pids, err := s.pids()
	if err != nil {
		return sum, err
	}
	for _, pid := range pids {
		m, err := memoryOf(pid)
		if err != nil {
			return sum, err
		}
		sum.rss, sum.anonymous = sum.rss+m.rss, sum.anonymous+m.anonymous
	}
	return sum, nil
}
