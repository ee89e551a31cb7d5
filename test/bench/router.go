package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// measureRouter runs the comparison of proxies, which is a program of its own.
func measureRouter(ctx context.Context, b *bench, _ plan) error {
	program := filepath.Join(b.dir, "router")
	if err := b.compile(ctx, program, "gondor/test/bench/router"); err != nil {
		return err
	}
	var out bytes.Buffer
	command := exec.CommandContext(ctx, program)
	command.Stdout, command.Stderr = io.MultiWriter(os.Stdout, &out), os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) } // it cleans up
	command.WaitDelay = 10 * time.Second
	if err := command.Run(); err != nil {
		return fmt.Errorf("compare the proxies: %w", err)
	}
	costs := costs(out.String())
	if caddy, compared := costs["caddy"]; compared {
		b.verdicts.judge(costs["gondor"] < caddy, "router: a request costs less CPU than with Caddy",
			"%.0f µs beside %.0f µs", costs["gondor"], caddy)
	}
	return nil
}

// costs reads the µs of CPU that a request takes, by the proxy's name, out of the table.
func costs(table string) map[string]float64 {
	costs := map[string]float64{}
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 2 {
			if cost, err := strconv.ParseFloat(fields[1], 64); err == nil {
				costs[fields[0]] = cost
			}
		}
	}
	return costs
}
