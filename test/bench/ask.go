package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// asker sends requests to one address, whatever host they name.
type asker struct {
	address string
	http    *http.Client
}

func newAsker(address string) *asker {
	return &asker{address, &http.Client{
		Transport:     &http.Transport{MaxIdleConns: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (a *asker) close() { a.http.CloseIdleConnections() }

// ask returns the status and the body of an answer.
func (a *asker) ask(ctx context.Context, host, path string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.address+path, nil)
	if err != nil {
		return 0, "", err
	}
	request.Host = host
	answer, err := a.http.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

// until asks every so often until an answer is right, and returns when that was.
func (a *asker) until(ctx context.Context, every time.Duration, host, path string, right func(status int, body string) bool) (time.Time, error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		status, body, err := a.ask(ctx, host, path)
		if err == nil && right(status, body) {
			return time.Now(), nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("%s does not answer on %s (last: %d, %v): %w", host, a.address, status, err, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

func ok(status int, _ string) bool { return status == http.StatusOK }

// holds says that an answer is right when it has the text.
func holds(text string) func(int, string) bool {
	return func(status int, body string) bool { return status == http.StatusOK && strings.Contains(body, text) }
}

// patience is how long anything may take to answer.
const patience = 30 * time.Second

// firstAnswer waits until the server answers a host with 200, and returns when that was.
func (s *server) firstAnswer(ctx context.Context, host, path string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a := newAsker(s.address)
	defer a.close()
	at, err := a.until(ctx, time.Millisecond, host, path, ok)
	if err != nil {
		return at, fmt.Errorf("%w\n%s", err, s.lastWords())
	}
	return at, nil
}
