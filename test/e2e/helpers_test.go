package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// eventually waits until a condition holds, for a minute.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	within(t, time.Minute, what, holds)
}

// within waits until a condition holds, for so long.
func within(t *testing.T, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

// client reaches every host below localhost, as a browser does (RFC 6761 section 6.3);
// the system's resolver need not.
func client() *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

// page fetches a page, which must be there.
func page(t *testing.T, url string) string {
	t.Helper()
	response, err := client().Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s:\n%s", url, response.Status, body)
	}
	return string(body)
}

// contains checks that a text holds another.
func contains(t *testing.T, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("%q is not in:\n%s", want, text)
	}
}

// status is what `gondor status --output json` shows.
type status struct {
	WebURL   string `json:"web_url"`
	State    string `json:"state"`
	Services []struct {
		Name    string `json:"name"`
		State   string `json:"state"`
		Release int    `json:"release"`
	} `json:"services"`
}

func (p place) status() status {
	p.server.t.Helper()
	var s status
	if err := json.Unmarshal([]byte(p.run("status", "--output", "json")), &s); err != nil {
		p.server.t.Fatal(err)
	}
	return s
}

// pgrep lists the processes whose command line matches.
func pgrep(t *testing.T, pattern string) string {
	t.Helper()
	out, err := exec.Command("pgrep", "-f", pattern).Output()
	if err != nil && len(out) > 0 {
		t.Fatal(err)
	}
	return string(out)
}
