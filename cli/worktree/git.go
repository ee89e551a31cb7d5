// Package worktree reads the git work tree that a site lives in, and packs its commits.
package worktree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"gondor/app"
)

// git runs git in a directory and returns what it writes. What git complains of is in
// the error; that of a context that has ended is the context's.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	cmd := command(ctx, dir, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", explain(ctx, args, err, complaint.String())
	}
	return out.String(), nil
}

func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
}

func explain(ctx context.Context, args []string, err error, complaint string) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return app.Invalid("", "git is not installed, or not in the PATH; install it first")
	}
	if complaint = strings.TrimSpace(complaint); complaint == "" {
		complaint = err.Error()
	}
	return fmt.Errorf("git %s: %s", args[0], complaint)
}

// line is the output of git without its last newline.
func line(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := git(ctx, dir, args...)
	return strings.TrimSuffix(out, "\n"), err
}
