package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"gondor/notify"
)

func TestAHeartbeatGoesOutWhileGondorIsAtWorkAndNotOtherwise(t *testing.T) {
	address, beats := receiver(t, http.StatusOK)
	var stuck atomic.Bool
	looked := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- notify.Heartbeat(ctx, notify.HeartbeatOptions{
			URL: address, Every: time.Millisecond, Log: slog.New(slog.DiscardHandler),
			Working: func(context.Context) error {
				select {
				case looked <- struct{}{}:
				default:
				}
				if stuck.Load() {
					return errors.New("the store takes nothing")
				}
				return nil
			},
		})
	}()
	if beat := <-beats; beat.Method != http.MethodGet {
		t.Errorf("it is a %s, want a GET", beat.Method)
	}
	stuck.Store(true)
	for range 2 * cap(looked) { // until looks that began before have ended
		<-looked
		for len(beats) > 0 {
			<-beats
		}
	}
	for range 20 {
		<-looked
	}
	if len(beats) > 0 {
		t.Error("heartbeats go out though nothing works")
	}
	stuck.Store(false)
	<-beats
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}
