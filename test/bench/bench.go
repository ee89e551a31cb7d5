package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// bench is one run: its files and what it found.
type bench struct {
	dir      string // removed at the end; other users can enter it
	gondor   string // the binary, as it is shipped
	verdicts verdicts
}

// open builds the binary as it is shipped, in a directory of its own.
func open(ctx context.Context) (*bench, error) {
	dir, err := os.MkdirTemp("", "gondor-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory: %w", err)
	}
	b := &bench{dir: dir, gondor: filepath.Join(dir, "gondor")}
	err = os.Chmod(dir, 0o755) // instances have users of their own
	if err == nil {
		err = b.compile(ctx, b.gondor, "gondor")
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// compile builds a program of this module without the race detector.
func (b *bench) compile(ctx context.Context, path, program string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, program)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("build %s: %w", program, err)
	}
	return nil
}

func (b *bench) close() error { return os.RemoveAll(b.dir) }

// verdict is a target and what was found of it.
type verdict struct {
	target string
	found  string
	met    bool
}

type verdicts []verdict

// judge notes whether a target was met.
func (v *verdicts) judge(met bool, target, found string, args ...any) {
	*v = append(*v, verdict{target, fmt.Sprintf(found, args...), met})
}

// report prints the targets. One that was missed is no error: what else runs on the
// machine is in the figures too.
func (v verdicts) report() {
	fmt.Println("targets")
	for _, one := range v {
		word := "met"
		if !one.met {
			word = "NOT MET"
		}
		fmt.Printf("  %-8s %-52s %s\n", word, one.target, one.found)
	}
}
