package agent

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gondor/cluster/kube/registry/token"
)

// reached is the agent over HTTP, as the control plane with a key reaches it.
func reached(t *testing.T, a *Agent, key string) *Client {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return NewClient([]byte(key), func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	})
}

func TestTheControlPlaneTakesWhatIsKept(t *testing.T) {
	n := newNode(t)
	a := n.agent(plenty)
	n.write(3)
	n.look(a)
	n.removePod()
	client := reached(t, a, strings.Repeat("k", 32))
	pods, err := client.Take(t.Context(), "192.0.2.1", nil)
	if err != nil || len(pods) != 1 || pods[0].UID != n.pod.UID || pods[0].Namespace != n.pod.Namespace || pods[0].Name != n.pod.Name {
		t.Fatalf("it keeps %v, %v", pods, err)
	}
	lines, err := client.Lines(t.Context(), "192.0.2.1", n.pod.UID, at(1))
	n.must(err)
	got, err := io.ReadAll(lines)
	if want := "2026-03-01T12:00:02.123456Z line 2\n"; err != nil || string(got) != want {
		t.Errorf("it gives out %q, %v; want %q", got, err, want)
	}
	n.must(lines.Close())
	if pods, err = client.Take(t.Context(), "192.0.2.1", []Taken{{UID: n.pod.UID, All: true}}); err != nil || len(pods) != 0 {
		t.Errorf("after all was taken it keeps %v, %v", pods, err)
	}
}

func TestNobodyElseIsAnswered(t *testing.T) {
	n := newNode(t)
	a := n.agent(plenty)
	n.write(1)
	n.look(a)
	if _, err := reached(t, a, strings.Repeat("x", 32)).Take(t.Context(), "192.0.2.1", nil); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("with another key: %v", err)
	}
	user, password := token.Sign([]byte(strings.Repeat("k", 32)), token.Admin())
	puller, pulls := token.Sign([]byte(strings.Repeat("k", 32)), token.Pull("site/a"))
	for name, c := range map[string]struct {
		method, path, user, password string
		status                       int
	}{
		"no token":                     {"GET", "/pods/8d1e-77", "", "", http.StatusUnauthorized},
		"a token for something else":   {"GET", "/pods/8d1e-77", puller, pulls, http.StatusUnauthorized},
		"the kubelet needs none":       {"GET", "/ready", "", "", http.StatusNoContent},
		"the control plane":            {"GET", "/pods/8d1e-77", user, password, http.StatusOK},
		"a time that is none":          {"GET", "/pods/8d1e-77?after=noon", user, password, http.StatusBadRequest},
		"words that are none":          {"POST", "/pods", user, password, http.StatusBadRequest},
		"a path out of the directory":  {"GET", "/pods/..%2F..%2Fetc", user, password, http.StatusOK},
		"a method that changes things": {"DELETE", "/pods/8d1e-77", user, password, http.StatusMethodNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			question := httptest.NewRequest(c.method, c.path, strings.NewReader("all of it"))
			question.SetBasicAuth(c.user, c.password)
			answer := httptest.NewRecorder()
			a.ServeHTTP(answer, question)
			secret := strings.Contains(answer.Body.String(), "line 0")
			if answer.Code != c.status || secret != (name == "the control plane") {
				t.Errorf("it is answered with %d: %s", answer.Code, answer.Body)
			}
		})
	}
}
