// Command router measures what a request costs as it passes Gondor's router, nginx,
// HAProxy and Caddy: the same backend, the same load, one process or thread each,
// access log to a file. It starts itself in the roles of backend, router and load.
//
//	go run ./test/bench/router [-requests 40000] [-rounds 3] [-connections 32] [-limit 90s]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan is what a comparison does.
type plan struct {
	requests    int
	rounds      int
	connections int
	limit       time.Duration
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(args) > 0 {
		switch args[0] {
		case "backend":
			return serveBackend(ctx)
		case "proxy", "file":
			return serveRouter(ctx, args[1], args[2], args[0] == "proxy")
		case "load":
			return generate(ctx, args[1:])
		}
	}
	var p plan
	flags := flag.NewFlagSet("router", flag.ContinueOnError)
	flags.IntVar(&p.requests, "requests", 40_000, "requests per proxy and round")
	flags.IntVar(&p.rounds, "rounds", 3, "rounds")
	flags.IntVar(&p.connections, "connections", 32, "connections that are kept alive")
	flags.DurationVar(&p.limit, "limit", 90*time.Second, "the time that all of it may take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return compare(ctx, p)
}
