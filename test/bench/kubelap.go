package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// lap is one deploy, counted from the exec of its first command.
type lap struct {
	first   time.Duration // to the first new page
	settled time.Duration // to the first new page after the last old one
	told    time.Duration // to the end of its last command
	failed  int           // requests meanwhile that were answered with no page
}

// lapLimit is how long a deploy may take.
const lapLimit = 2 * time.Minute

// lap runs the commands one after the other, and watches the page of a host until they have
// ended and it is new.
func (r *rivals) lap(ctx context.Context, host string, next edition, commands ...*exec.Cmd) (lap, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lapLimit, fmt.Errorf("%s is not deployed to %s after %v", next.text, host, lapLimit))
	defer cancel()
	began := time.Now()
	var l lap
	var running sync.WaitGroup
	ended := make(chan error, 1)
	running.Go(func() { ended <- inTurn(ctx, commands) })
	defer running.Wait()
	for done := false; ; {
		status, text, err := r.asker.ask(ctx, host, "/")
		switch now := time.Since(began); {
		case ctx.Err() != nil:
			return l, context.Cause(ctx)
		case err != nil || status != http.StatusOK:
			l.failed++ // of a site that has never been deployed there is no page
		case text != next.text:
			l.settled = 0
		default:
			l.first, l.settled = first(l.first, now), first(l.settled, now)
		}
		if done && l.settled > 0 {
			return l, nil
		}
		select {
		case err := <-ended:
			if l.told, done = time.Since(began), true; err != nil {
				return l, err
			}
		default:
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return l, err
		}
	}
}

// first is the earlier of two times of which the first counts if it is known.
func first(known, now time.Duration) time.Duration {
	if known > 0 {
		return known
	}
	return now
}

// inTurn runs commands one after the other; ctx kills them.
func inTurn(ctx context.Context, commands []*exec.Cmd) error {
	for _, one := range commands {
		if err := bounded(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// bounded runs a command that ctx kills.
func bounded(ctx context.Context, c *exec.Cmd) error {
	killable := exec.CommandContext(ctx, c.Path, c.Args[1:]...)
	killable.Dir, killable.Env = c.Dir, c.Env
	if out, err := killable.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(c.Path), c.Args[1], err, out)
	}
	return nil
}
