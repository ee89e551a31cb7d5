package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// pipeSize is what goes through a run, and comes back.
const pipeSize = 1 << 30

// pipeMemory is what each end may hold meanwhile.
const pipeMemory = 50 << 20

// measurePipe sends a gibibyte through `gondor run … cat` and back.
func measurePipe(ctx context.Context, b *bench, _ plan) (err error) {
	s, err := b.newServer(ctx, "pipe")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	dir, err := s.pipeSite(ctx, b)
	if err != nil {
		return err
	}
	pids, err := s.pids()
	if err != nil {
		return err
	}
	command := exec.Command(s.binary, "run", "web", "--size", "xlarge", "--", "cat")
	command.Dir, command.Env = dir, s.env
	p, err := pipe(ctx, pipeSize, pids, command)
	if err != nil {
		return err
	}
	fmt.Printf("pipe: %d MiB through gondor run web -- cat and back, on this machine: %.0f MiB/s\n", pipeSize>>20, p.rate())
	fmt.Println("            RSS    anon.   at most in MB, the RSS once its start is over")
	var most int64
	for i, name := range []string{"command", "server", "supervisor"} {
		m := p.peaks[i]
		fmt.Printf("%-10s %5.1f    %5.1f\n", name, megabytes(m.rss), megabytes(m.anonymous))
		most = max(most, m.rss)
	}
	b.verdicts.judge(most < pipeMemory, "pipe: every end below 50 MB", "%.1f MB", megabytes(most))
	return nil
}

// pipeSite deploys a site to run in, and returns its work tree.
func (s *server) pipeSite(ctx context.Context, b *bench) (string, error) {
	dir := filepath.Join(b.dir, "pipe-site")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make a site: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("pipe"), 0o644); err != nil {
		return "", fmt.Errorf("make a site: %w", err)
	}
	for _, step := range [][]string{
		{s.binary, "login", "http://" + s.address, "--username", "admin", "--password-stdin"},
		{"git", "init", "-q", "-b", "main"},
		{s.binary, "sites", "init", "--name", "pipe"},
		{"git", "add", "-A"},
		{"git", "commit", "-qm", "Site"},
		{s.binary, "deploy"},
	} {
		if _, err := s.run(ctx, dir, password, step[0], step[1:]...); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// piped is what came of one pipe.
type piped struct {
	size  int64
	took  time.Duration
	peaks []memory // of the command, and of others that were watched
}

// rate is in MiB a second, each way.
func (p piped) rate() float64 { return float64(p.size) / (1 << 20) / p.took.Seconds() }

// pipe sends random bytes through a command, whose output must be the same, and watches the
// memory of it and of others.
func pipe(ctx context.Context, size int64, others []int, command *exec.Cmd) (piped, error) {
	program := filepath.Base(command.Path)
	sent, got := sha256.New(), &measured{Hash: sha256.New()}
	command.Stdin = io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{}), size), sent)
	command.Stdout, command.Stderr = got, os.Stderr
	began := time.Now()
	if err := command.Start(); err != nil {
		return piped{}, fmt.Errorf("pipe through %s: %w", program, err)
	}
	defer context.AfterFunc(ctx, func() { _ = command.Process.Kill() })() // or it has ended
	watched, stop := context.WithCancel(ctx)
	peaks := make(chan []memory)
	go func() { peaks <- watchMemory(watched, append([]int{command.Process.Pid}, others...)) }()
	err := command.Wait()
	took := time.Since(began)
	stop()
	p := piped{size: size, took: took, peaks: <-peaks}
	if err != nil {
		return p, fmt.Errorf("pipe through %s: %w", program, err)
	}
	if string(sent.Sum(nil)) != string(got.Sum(nil)) {
		return p, fmt.Errorf("of %d bytes through %s, %d came back, not the same", pipeSize, program, got.size)
	}
	return p, nil
}

// measured is a hash that counts.
type measured struct {
	hash.Hash
	size int64
}

// Write implements io.Writer.
func (m *measured) Write(p []byte) (int, error) {
	m.size += int64(len(p))
	return m.Hash.Write(p)
}

// startOver is after how long a process has given back what its start needed.
const startOver = 6 * time.Second

// watchMemory looks at processes ten times a second until ctx ends, and returns the most that
// each held: of the RSS once its start is over.
func watchMemory(ctx context.Context, pids []int) []memory {
	peaks := make([]memory, len(pids))
	began := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		for i, pid := range pids {
			now, err := memoryOf(pid)
			if err != nil {
				continue // it has ended
			}
			peaks[i].anonymous = max(peaks[i].anonymous, now.anonymous)
			if time.Since(began) > startOver {
				peaks[i].rss = max(peaks[i].rss, now.rss)
			}
		}
		select {
		case <-ctx.Done():
			return peaks
		case <-tick.C:
		}
	}
}
