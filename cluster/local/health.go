package local

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"syscall"
	"time"

	"gondor/app"
)

// How health is checked.
const (
	checkTimeout = 5 * time.Second
	firstCheck   = 20 * time.Millisecond  // after the start; from then on ever less often, up to
	startCheck   = 250 * time.Millisecond // between two while it starts
	startParts   = 16                     // the part of its start that passes between two
	tolerated    = 3                      // failures in a row make a healthy replica unhealthy
	lookInterval = time.Second            // between two closer looks at a replica that fails
)

// prober asks web replicas how they are. It is safe for concurrent use.
type prober struct{ transport *http.Transport }

func newProber() *prober {
	dialer := &net.Dialer{Timeout: checkTimeout}
	return &prober{&http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true}}
}

// probe returns nil when the replica is healthy, and otherwise a sentence for people.
func (p *prober) probe(ctx context.Context, w app.Workload, address string) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+w.Config.HealthPath, nil)
	if err != nil {
		return fmt.Errorf("the health path %q can't be asked for: %w", w.Config.HealthPath, err)
	}
	request.Host = w.Host
	request.Header.Set("X-Forwarded-Proto", w.Scheme)
	request.Header.Set("User-Agent", "Gondor health check")
	answer, err := p.transport.RoundTrip(request)
	if err != nil {
		return unanswered(err, w, address)
	}
	_ = answer.Body.Close() // only the status matters
	return judge(answer.StatusCode, w)
}

// errRefused is in the error of a probe that found nobody listening.
var errRefused = errors.New("does not listen")

func unanswered(err error, w app.Workload, address string) error {
	_, port, _ := net.SplitHostPort(address) // made by us
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w on PORT %s", errRefused, port)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("did not answer GET %s within %s", w.Config.HealthPath, checkTimeout)
	default:
		return fmt.Errorf("did not answer GET %s: %w", w.Config.HealthPath, err)
	}
}

func judge(status int, w app.Workload) error {
	text := fmt.Sprintf("answered %d %s to GET %s", status, http.StatusText(status), w.Config.HealthPath)
	switch {
	case healthy(status, w.Config.HealthStatuses):
		return nil
	case status == http.StatusBadRequest:
		return fmt.Errorf("%s with the host %s; a site that checks its host must allow it, with Django in ALLOWED_HOSTS", text, w.Host)
	default:
		return errors.New(text)
	}
}

func healthy(status int, statuses []int) bool {
	if len(statuses) > 0 {
		return slices.Contains(statuses, status)
	}
	return status >= 200 && status < 400 || status == 401 || status == 403 || status == 404
}

// jitter spreads what would otherwise happen at once, by a tenth either way.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
