// Package health asks web services how they are, and says what people should know of the
// answer.
package health

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
	Timeout    = 5 * time.Second       // of one check
	First      = 20 * time.Millisecond // after the start; from then on ever less often, up to
	most       = 250 * time.Millisecond
	startParts = 16 // the part of its start that passes between two
	// Tolerated is how many failures in a row make a healthy service unhealthy.
	Tolerated = 3
)

// Check is what a web service is asked, and which answers are right.
type Check struct {
	Path     string
	Statuses []int // that count as healthy; empty for 200 to 399, 401, 403, 404
	Host     string
	Scheme   string        // sent as X-Forwarded-Proto
	WarmUp   []string      // paths that a service is asked for before it first counts as healthy
	Patience time.Duration // for the answer to each of them
}

// Of returns the check of a web workload.
func Of(w app.Workload) Check {
	return Check{
		Path: w.Config.HealthPath, Statuses: w.Config.HealthStatuses, Host: w.Host, Scheme: w.Scheme,
		WarmUp: w.Config.WarmUp, Patience: w.Config.HealthTimeout,
	}
}

// Prober carries checks out. It is safe for concurrent use.
type Prober struct{ transport *http.Transport }

// NewProber returns a Prober, which keeps no connections.
func NewProber() *Prober {
	dialer := &net.Dialer{Timeout: Timeout}
	return &Prober{&http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true}}
}

// ErrRefused is in the error of a check that found nobody listening.
var ErrRefused = errors.New("does not listen")

// Probe asks the service at an address, HOST:PORT. It returns nil when the service is
// healthy, and otherwise a sentence for people.
func (p *Prober) Probe(ctx context.Context, c Check, address string) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	request, err := c.request(ctx, c.Path, address)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "Gondor health check")
	answer, err := p.transport.RoundTrip(request)
	if err != nil {
		return c.unanswered(err, address)
	}
	_ = answer.Body.Close() // only the status matters
	return c.judge(answer.StatusCode)
}

// request asks for a path as the instance's own host.
func (c Check) request(ctx context.Context, path, address string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return nil, fmt.Errorf("the path %q can't be asked for: %w", path, err)
	}
	request.Host = c.Host
	request.Header.Set("X-Forwarded-Proto", c.Scheme)
	return request, nil
}

func (c Check) unanswered(err error, address string) error {
	_, port, _ := net.SplitHostPort(address) // made by us
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w on PORT %s", ErrRefused, port)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("did not answer GET %s within %s", c.Path, Timeout)
	default:
		return fmt.Errorf("did not answer GET %s: %w", c.Path, err)
	}
}

func (c Check) judge(status int) error {
	text := fmt.Sprintf("answered %d %s to GET %s", status, http.StatusText(status), c.Path)
	switch {
	case c.accepts(status):
		return nil
	case status == http.StatusBadRequest:
		return fmt.Errorf("%s with the host %s; a site that checks its host must allow it, with Django in ALLOWED_HOSTS", text, c.Host)
	default:
		return errors.New(text)
	}
}

func (c Check) accepts(status int) bool {
	if len(c.Statuses) > 0 {
		return slices.Contains(c.Statuses, status)
	}
	return status >= 200 && status < 400 || status == 401 || status == 403 || status == 404
}

// Pace is the time to the next check of a service that starts: a part of the time that its
// start has taken so far, so that it is seen soon after, fast or slow.
func Pace(taken time.Duration) time.Duration { return min(max(taken/startParts, First), most) }

// Jitter spreads what would otherwise happen at once, by a tenth either way.
func Jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
