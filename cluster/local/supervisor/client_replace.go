package supervisor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gondor/app"
)

// Runs reports whether the supervisor is the program at the path as that is now. One that
// was replaced there, or whose file can't be looked at, is another.
func (c *Client) Runs(ctx context.Context, path string) (bool, error) {
	p, err := c.ask(ctx, request{Op: opVersion})
	if err != nil {
		return false, err
	}
	return isProgram(p.PID, path), nil
}

// Replace makes the supervisor become another program, which calls Run for the same
// directory: argv is its command, its path first and absolute. Its processes, their
// terminals and logs, what they write meanwhile and the sockets that are kept stay as they
// are; connections wait, and those of Attach, Wait, Watch and Lines end with CodeUnavailable.
// It returns when the other one answers. When that can't be run, or does not understand what
// it would be given, the supervisor goes on as it is and the error says why.
func (c *Client) Replace(ctx context.Context, argv []string) error {
	k, err := c.open(ctx, request{Op: opReplace, Argv: argv})
	if err != nil {
		return err
	}
	defer k.end()
	var refused *app.Error
	if _, err := readReply(k); errors.As(err, &refused) || ctx.Err() != nil {
		return cause(ctx, err)
	}
	return c.reappears(ctx)
}

// reappears waits until the supervisor answers, whose process is there all the while.
func (c *Client) reappears(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := c.Version(ctx)
		if err == nil {
			return nil
		}
		if !locked(c.dir) {
			return fmt.Errorf("the supervisor ended while another program took its place: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the program that took the supervisor's place: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
