package notify

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// heartbeatTimeout bounds one heartbeat, what it looks at included.
const heartbeatTimeout = 15 * time.Second

// HeartbeatEvery is how often a heartbeat goes out.
const HeartbeatEvery = time.Minute

// HeartbeatOptions are what a heartbeat needs. All are required.
type HeartbeatOptions struct {
	URL   string        // asked for by GET, as watchdogs such as Healthchecks and Uptime Kuma have it
	Every time.Duration // HeartbeatEvery outside of tests
	// Working says whether Gondor is at work; while it returns an error no heartbeat goes out.
	Working func(context.Context) error
	Log     *slog.Logger
}

// Heartbeat tells a watchdog elsewhere that Gondor is at work, until ctx ends.
func Heartbeat(ctx context.Context, o HeartbeatOptions) error {
	client := newClient()
	ticker := time.NewTicker(o.Every)
	defer ticker.Stop()
	well := true
	for {
		err := beat(ctx, client, o)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && well:
			o.Log.Error("send a heartbeat", "error", err)
		case err == nil && !well:
			o.Log.Info("heartbeats go out again")
		}
		well = err == nil
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func beat(ctx context.Context, client *http.Client, o HeartbeatOptions) error {
	ctx, cancel := context.WithTimeout(ctx, heartbeatTimeout)
	defer cancel()
	if err := o.Working(ctx); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL, nil)
	if err != nil {
		return errors.New("the address of the heartbeat is not a URL")
	}
	return send(client, request)
}
