package inside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"gondor/app"
)

// readinessOf has the container answer probes at an address of the test's own.
func (c *container) readinessOf() *container {
	c.options.Readiness = "127.0.0.1:" + freePort(c.T)
	return c
}

// isReady asks as the kubelet does.
func (c *container) isReady() bool {
	answer, err := http.Get("http://" + c.options.Readiness + ReadinessPath)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func (c *container) becomes(ready bool) {
	c.Helper()
	eventually(c.T, fmt.Sprintf("ready is %v; it writes %q", ready, c.out.String()), func() bool { return c.isReady() == ready })
}

func get(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestAWebServiceIsReadyWhenItAnswers(t *testing.T) {
	s, port := web(t, "127.0.0.1")
	c := newContainer(t, s).readinessOf().start()
	c.becomes(true)
	get(t, "http://127.0.0.1:"+port+"/become/503")
	c.becomes(false)
	c.writes("\x1b[;1mHealth check: answered 503 Service Unavailable to GET /\n")
	get(t, "http://127.0.0.1:"+port+"/become/200")
	c.becomes(true)
	c.writes("\x1b[;1mHealth check: passed\n")
	c.signal(syscall.SIGTERM)
	c.ends(143, "stopped by SIGTERM")
}

func TestAWebServiceIsReadyOnceItIsWarm(t *testing.T) {
	s, port := web(t, "127.0.0.1")
	s.Health.WarmUp = []string{"/missing", "/slow"}
	c := newContainer(t, s).readinessOf().start()
	c.writes("Health check: has not answered GET /slow yet, which warm_up asks for")
	if c.isReady() {
		t.Error("it is ready before it has answered")
	}
	get(t, "http://127.0.0.1:"+port+"/finish")
	c.becomes(true)
	c.writes("\x1b[;1mHealth check: passed\n")
	get(t, "http://127.0.0.1:"+port+"/become/503")
	c.becomes(false)
	get(t, "http://127.0.0.1:"+port+"/become/200")
	c.becomes(true) // and it is not warmed once more
	c.signal(syscall.SIGTERM)
	c.ends(143, "stopped by SIGTERM")
}

func TestOneThatIsQuicklyReadySaysNothingOfIt(t *testing.T) {
	s, _ := web(t, "127.0.0.1")
	c := newContainer(t, s).readinessOf().start()
	c.becomes(true)
	c.signal(syscall.SIGTERM)
	c.wait()
	if got := c.out.String(); got != "the site starts\n" {
		t.Errorf("the output is %q", got)
	}
}

func TestWhyAWebServiceIsNotReadyIsTold(t *testing.T) {
	for _, c := range []struct {
		name, host, status string
		statuses           []int
		told               []string
	}{
		{"it answers that it can't", "127.0.0.1", "500", nil, []string{"answered 500 Internal Server Error to GET /"}},
		{"it refuses the host", "127.0.0.1", "400", nil, []string{"answered 400", "ALLOWED_HOSTS", "site.example.com"}},
		{"it answers otherwise than people want", "127.0.0.1", "200", []int{204}, []string{"answered 200"}},
		{"it listens on another loopback address alone", "127.0.0.2", "200", nil, []string{"does not listen on PORT", "only on that of 127.0.0.2", "0.0.0.0", "HOST"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := web(t, c.host)
			s.Health.Statuses, s.Given["SITE_STATUS"] = c.statuses, c.status
			p := newContainer(t, s).readinessOf().start()
			for _, part := range c.told {
				p.writes(part)
			}
			if p.isReady() {
				t.Error("it is ready")
			}
			p.signal(syscall.SIGTERM)
			p.ends(143, "stopped by SIGTERM") // at once: nobody was sent to it
		})
	}
	t.Run("it listens on another port", func(t *testing.T) {
		s, _ := web(t, "127.0.0.1")
		s.Argv[2] = "127.0.0.1:" + freePort(t)
		c := newContainer(t, s).readinessOf().start()
		c.writes("Health check: does not listen on PORT")
		c.signal(syscall.SIGTERM) // or else the site outlives the test
		c.ends(143, "stopped by SIGTERM")
	})
	t.Run("it does not listen at all", func(t *testing.T) {
		s, port := web(t, "127.0.0.1")
		s.Argv = []string{"sleep", "1000"}
		c := newContainer(t, s).readinessOf().start()
		c.writes("Health check: does not listen on PORT " + port)
		c.signal(syscall.SIGTERM)
		c.ends(143, "stopped by SIGTERM")
	})
}

func TestAWorkerIsReadyOnceItHasLivedForAWhile(t *testing.T) {
	s := Spec{Kind: app.Worker, Command: "exec sleep 1000", Health: Health{Alive: 300 * time.Millisecond}}
	c := newContainer(t, s).readinessOf().start()
	eventually(t, "probes are answered", func() bool {
		conn, err := net.Dial("tcp", c.options.Readiness)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	c.becomes(true)
	c.signal(syscall.SIGTERM)
	c.ends(143, "stopped by SIGTERM")
}

func TestAWebServiceIsDrainedBeforeItEnds(t *testing.T) {
	s, port := web(t, "127.0.0.1")
	c := newContainer(t, s).readinessOf().start()
	c.becomes(true)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	inFlight, err := client.Get("http://127.0.0.1:" + port + "/slow")
	c.ok(err)
	c.signal(syscall.SIGTERM)
	began := time.Now()
	eventually(t, "it serves while it is looked at several times", func() bool {
		get(t, "http://127.0.0.1:"+port+"/")
		return time.Since(began) > 3*drainInterval
	})
	get(t, "http://127.0.0.1:"+port+"/finish")
	body, err := io.ReadAll(inFlight.Body)
	c.ok(errors.Join(err, inFlight.Body.Close()))
	if string(body) != "slowly" {
		t.Errorf("the request in flight was answered %q", body)
	}
	c.ends(143, "stopped by SIGTERM")
}

// connected waits until somebody is connected to the port for longer than a check takes.
func (c *container) connected(port string) {
	c.Helper()
	number, steady := 0, 0
	_, err := fmt.Sscan(port, &number)
	c.ok(err)
	eventually(c.T, "somebody is connected", func() bool {
		count, err := connections(number)
		c.ok(err)
		if steady++; count == 0 {
			steady = 0
		}
		return steady > 10
	})
}

func TestRequestsThatNeverEndAreWaitedForNoLongerThanTheDrainTimeout(t *testing.T) {
	s, port := web(t, "127.0.0.1")
	s.DrainTimeout = 300 * time.Millisecond
	c := newContainer(t, s).readinessOf().start()
	c.becomes(true)
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	c.ok(err)
	defer func() { _ = conn.Close() }()
	c.connected(port)
	began := time.Now()
	c.signal(syscall.SIGTERM)
	c.ends(143, "stopped by SIGTERM")
	if took := time.Since(began); took < s.DrainTimeout {
		t.Errorf("it ended after %v", took)
	}
}

func TestRoutersAreGivenTimeToHearOfTheEnd(t *testing.T) {
	s, _ := web(t, "127.0.0.1")
	c := newContainer(t, s).readinessOf()
	c.options.RouteDelay = 500 * time.Millisecond
	c.start().becomes(true)
	began := time.Now()
	c.signal(syscall.SIGTERM)
	c.wait()
	if took := time.Since(began); took < c.options.RouteDelay {
		t.Errorf("it ended after %v", took)
	}
}

func TestTheReadinessPortIsNoneOfTheProgram(t *testing.T) {
	for port, want := range map[int]int{8000: 8601, 8601: 8602, 8602: 8601} {
		if got := ReadinessPort(port); got != want {
			t.Errorf("beside %d it is %d, want %d", port, got, want)
		}
	}
}

func TestAHealthMessageIsReadBack(t *testing.T) {
	for _, c := range []struct {
		line, message string
		found         bool
	}{
		{"Health check: answered 500", "answered 500", true},
		{"Health check: passed", "", true},
		{"could not be started", "could not be started", false},
	} {
		if message, found := HealthMessage(c.line); message != c.message || found != c.found {
			t.Errorf("%q says %q, %v", c.line, message, found)
		}
	}
}

func TestAProgramIsCarriedWhole(t *testing.T) {
	target := t.TempDir() + "/program"
	if err := os.WriteFile(target, []byte("older"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Carry(os.Args[0], target); err != nil {
		t.Fatal(err)
	}
	from, err := os.Stat(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	to, err := os.Stat(target)
	if err != nil || to.Size() != from.Size() || to.Mode().Perm() != 0o755 {
		t.Errorf("it is %+v, %v", to, err)
	}
	if err := Carry("/no/such/program", target); err == nil {
		t.Error("what is not there was carried")
	}
	if err := Carry(os.Args[0], t.TempDir()+"/no/program"); err == nil {
		t.Error("it was carried to nowhere")
	}
}

func TestWhoJoinsSaysWhenNobodyListens(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := Join(ctx, t.TempDir()+"/none", strings.NewReader(""), io.Discard); err == nil || !strings.Contains(err.Error(), "reach process 1") {
		t.Errorf("joining ended with %v", err)
	}
}
