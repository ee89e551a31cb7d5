package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/term"

	"gondor/app"
	"gondor/web/api"
)

// joinTerminal carries a terminal: every key goes to the process, Ctrl-C too, and it
// learns when the window changes. The terminal is put back as it was.
func (p *Program) joinTerminal(ctx context.Context, endpoint api.Endpoint, in, out *os.File) (ended app.Exit, err error) {
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return app.Exit{}, fmt.Errorf("switch the terminal to raw mode: %w", err)
	}
	defer func() { err = errors.Join(err, term.Restore(int(in.Fd()), before)) }()
	resizes := make(chan app.Window)
	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { watchWindow(watching, out, resizes) })
	defer func() { stop(); watcher.Wait() }()
	return p.server.Attach(ctx, endpoint, app.Streams{
		Stdin: in, Stdout: out, TTY: true, Window: windowOf(out), Resizes: resizes,
	})
}

// watchWindow sends the size of a terminal whenever it changes, until ctx ends.
func watchWindow(ctx context.Context, terminal *os.File, resizes chan<- app.Window) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		select {
		case <-ctx.Done():
			return
		case resizes <- windowOf(terminal):
		}
	}
}

// windowOf is the size of a terminal; one that can't be asked has the usual one.
func windowOf(terminal *os.File) app.Window {
	width, height, err := term.GetSize(int(terminal.Fd()))
	if err != nil {
		return app.Window{Width: 80, Height: 24}
	}
	return app.Window{Width: width, Height: height}
}
