package cli

import (
	"context"
	"sync"
	"time"

	"gondor/app"
	"gondor/web/api"
)

const (
	// outputGrace is how long the last output may take to come after its work has ended.
	outputGrace = 2 * time.Second
	// serverGrace is how long a server may be away before it is given up.
	serverGrace = time.Minute
	// The pauses after which things are looked at without having been told of a change,
	// in case a word was lost.
	firstPause = 100 * time.Millisecond
	lastPause  = 2 * time.Second
)

// follow shows output while it watches the work, until look says that it has ended.
func (d *deployment) follow(ctx context.Context, output func(context.Context) error, look func(context.Context) (bool, error)) error {
	outputs, stop := context.WithCancel(ctx)
	defer stop()
	shown := make(chan error, 1)
	go func() { shown <- output(outputs) }()
	err := d.watch(ctx, look)
	if err != nil {
		stop()
		<-shown
		return err
	}
	select {
	case <-shown: // that output was lost does not change how the work ended
	case <-time.After(outputGrace):
		stop()
		<-shown
	}
	return nil
}

// watch looks at once, at every change of the instance, and now and then, until look
// says that it has seen the end. A server that is away for a while is waited for.
func (d *deployment) watch(ctx context.Context, look func(context.Context) (bool, error)) error {
	listening, stop := context.WithCancel(ctx)
	changes := make(chan struct{}, 1)
	var listener sync.WaitGroup
	listener.Go(func() { listen(listening, d.client, d.instance.URL, changes) })
	defer func() { stop(); listener.Wait() }()

	answered := time.Now()
	for wait := firstPause; ; wait = min(2*wait, lastPause) {
		done, err := look(ctx)
		switch {
		case err == nil:
			answered = time.Now()
		case app.CodeOf(err) != app.CodeUnavailable || time.Since(answered) > serverGrace:
			return err
		default:
			d.display.Detail("the server can't be reached; trying again")
		}
		if done && err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changes:
		case <-time.After(wait):
		}
	}
}

// listen tells of changes of an instance until ctx ends. A stream that breaks is opened again.
func listen(ctx context.Context, client *api.Client, instance api.Reference, changes chan<- struct{}) {
	for ctx.Err() == nil {
		for _, err := range client.Events(ctx, instance) {
			if err != nil {
				break
			}
			select {
			case changes <- struct{}{}:
			default: // one that is not seen yet serves for both
			}
		}
		_ = pause(ctx, time.Second) // the loop looks at ctx itself
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// logOutput shows a log to its end, and after a broken connection goes on where it was.
func (d *deployment) logOutput(ctx context.Context, of api.Reference) error {
	q := api.LogQuery{Follow: true}
	for {
		var broken error
		for line, err := range d.client.Log(ctx, of, q) {
			if broken = err; err != nil {
				break
			}
			q.After = line.Cursor
			_, _ = d.display.Write([]byte(line.Text + "\n")) // never fails
		}
		if app.CodeOf(broken) != app.CodeUnavailable {
			return broken
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}
