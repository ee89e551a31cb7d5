package router_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gondor/router"

	"golang.org/x/sys/unix"
)

// machine is another one on the network, made of a network namespace.
type machine struct {
	t       *testing.T
	name    string
	address string
}

// newMachine makes a machine with an address in 198.18.N.0/24 (RFC 2544).
func newMachine(t *testing.T, n int) *machine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("Only root can make a machine that vanishes.")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("There is no ip(8) to make a machine that vanishes.")
	}
	m := &machine{t: t, name: fmt.Sprintf("grouter%d", n), address: fmt.Sprintf("198.18.%d.2", n)}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", m.name).Run() }) // the link goes with it
	m.ip("netns add " + m.name)
	m.ip(fmt.Sprintf("link add %s type veth peer name eth0 netns %s", m.name, m.name))
	m.ip(fmt.Sprintf("address add 198.18.%d.1/24 dev %s", n, m.name))
	m.ip("link set " + m.name + " up")
	m.ip(fmt.Sprintf("-n %s address add %s/24 dev eth0", m.name, m.address))
	m.ip("-n " + m.name + " link set eth0 up")
	return m
}

func (m *machine) ip(arguments string) {
	m.t.Helper()
	if out, err := exec.Command("ip", strings.Fields(arguments)...).CombinedOutput(); err != nil {
		m.t.Fatalf("ip %s: %v: %s", arguments, err, out)
	}
}

// vanish pulls the cable.
func (m *machine) vanish() { m.ip("-n " + m.name + " link set eth0 down") }

// listen opens a listener on the machine.
func (m *machine) listen() net.Listener {
	m.t.Helper()
	type opened struct {
		net.Listener
		error
	}
	result := make(chan opened)
	go func() {
		runtime.LockOSThread() // and the thread ends with the goroutine, for it is on another machine
		l, err := m.enter()
		result <- opened{l, err}
	}()
	l := <-result
	must(m.t, l.error)
	m.t.Cleanup(func() { _ = l.Close() })
	return l.Listener
}

func (m *machine) enter() (net.Listener, error) {
	namespace, err := os.Open("/run/netns/" + m.name)
	if err != nil {
		return nil, err
	}
	defer namespace.Close()
	if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	return net.Listen("tcp", m.address+":0")
}

// serve runs a site on the machine and returns its address.
func (m *machine) serve(handler http.HandlerFunc) string {
	m.t.Helper()
	listener := m.listen()
	server := &http.Server{Handler: handler}
	m.t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String()
}

func TestNoGETFailsWhenABackendsMachineVanishes(t *testing.T) {
	t.Parallel()
	m := newMachine(t, 1)
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	held := make(chan struct{})
	vanishing := m.serve(func(_ http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/held" {
			held <- struct{}{}
			<-stuck
		}
	})
	alive := site(t, says("alive"))
	h := open(t, router.Options{}, routeTo("a.example.com", vanishing))
	for range 3 { // connections that are kept
		h.get(t, "a.example.com", "/")
	}
	answers := make(chan time.Duration, 40)
	var asking sync.WaitGroup
	ask := func(path string) {
		asking.Go(func() {
			start := time.Now()
			status, body := h.get(t, "a.example.com", path)
			equal(t, "status of "+path, status, 200)
			equal(t, "body of "+path, body, "alive")
			answers <- time.Since(start)
		})
	}
	for range 5 { // and some whose answer is awaited, and whose request has long come
		ask("/held")
		<-held
	}
	h.routes.set("a.example.com", vanishing, alive)
	m.vanish()
	gone := time.Now()
	for range 20 {
		ask("/")
	}
	asking.Wait()
	if took := time.Since(gone); took > 3500*time.Millisecond {
		t.Errorf("a GET took %s after the machine had vanished", took)
	}
	for range 10 { // found out: nobody waits any more
		start := time.Now()
		status, _ := h.get(t, "a.example.com", "/")
		equal(t, "status", status, 200)
		if took := time.Since(start); took > 1500*time.Millisecond {
			t.Errorf("a GET took %s when the machine was known to have vanished", took)
		}
	}
}

func TestARequestThatIsNotSafeFailsSoonWhenItsBackendsMachineVanishes(t *testing.T) {
	t.Parallel()
	m := newMachine(t, 2)
	held, stuck := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	vanishing := m.serve(func(http.ResponseWriter, *http.Request) { held <- struct{}{}; <-stuck })
	h := open(t, router.Options{}, routeTo("a.example.com", vanishing))
	go func() { <-held; m.vanish() }()
	start := time.Now()
	response := h.do(t, h.request(t, "POST", "a.example.com", "/", strings.NewReader("body")))
	equal(t, "status", response.StatusCode, http.StatusBadGateway)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it failed after %s", took)
	}
}

func TestABackendThatTakesNoConnectionIsLeftWithinASecond(t *testing.T) {
	t.Parallel()
	m := newMachine(t, 3)
	vanishing := m.serve(says("vanishing"))
	m.vanish()
	h := open(t, router.Options{}, routeTo("a.example.com", vanishing, site(t, says("alive"))))
	for _, method := range []string{"GET", "POST"} {
		for range 5 {
			start := time.Now()
			response := h.do(t, h.request(t, method, "a.example.com", "/", nil))
			equal(t, "status", response.StatusCode, 200)
			if took := time.Since(start); took > 1500*time.Millisecond {
				t.Errorf("a %s took %s", method, took)
			}
		}
	}
}

func TestABackendThatLivesMayBeSlow(t *testing.T) {
	t.Parallel()
	const pause = 5 * time.Second // longer than any silence
	m := newMachine(t, 4)
	after := func(d time.Duration) { <-time.After(d) }
	backend := m.serve(func(w http.ResponseWriter, req *http.Request) {
		after(pause)
		n, _ := io.Copy(io.Discard, req.Body)
		_, _ = fmt.Fprint(w, n)
	})
	h := open(t, router.Options{}, routeTo("a.example.com", backend))
	for _, c := range []struct {
		name, method string
		length       int64
	}{
		{"to answer", "GET", 0},
		{"to read a little", "POST", 100},
		{"to read what fits into no buffer", "POST", 64 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := h.request(t, c.method, "a.example.com", "/", io.LimitReader(&zeros{c.length}, c.length))
			request.ContentLength = c.length
			if c.length == 0 {
				request.Body = http.NoBody
			}
			response := h.do(t, request)
			body, err := io.ReadAll(response.Body)
			must(t, err)
			equal(t, "status", response.StatusCode, 200)
			equal(t, "what was read", string(body), fmt.Sprint(c.length))
		})
	}
}
