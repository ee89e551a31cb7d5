package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Main runs the program in the world of its process and returns its exit code. SIGINT
// and SIGTERM end it gracefully; a second one ends it at once.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	if err := trustAuthorities(os.Getenv); err != nil {
		fmt.Fprintf(os.Stderr, "gondor: %v\n", err)
		return exitFailed
	}
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintf(os.Stderr, "gondor: find the working directory: %v\n", err)
		return exitFailed
	}
	return New(IO{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Getenv, Dir: dir}).Run(ctx, os.Args[1:])
}
