package drain

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// received is what a far end has got, in order.
type received struct {
	mu    sync.Mutex
	texts []string
	ids   []string
	whole []string
}

func (r *received) add(id, text, whole string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids, r.texts, r.whole = append(r.ids, id), append(r.texts, text), append(r.whole, whole)
}

func (r *received) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.texts)
}

// last is the text that came last.
func (r *received) last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.texts) == 0 {
		return ""
	}
	return r.texts[len(r.texts)-1]
}

// all are the texts and whole messages so far.
func (r *received) all() (texts, whole []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.texts), slices.Clone(r.whole)
}

// once are the texts of which every one is of another ID.
func (r *received) once() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := map[string]bool{}
	var texts []string
	for i, id := range r.ids {
		if !seen[id] {
			seen[id] = true
			texts = append(texts, r.texts[i])
		}
	}
	return texts
}

// wantLines fails unless these are the lines of these numbers, in order.
func wantLines(t *testing.T, texts []string, from, to int) {
	t.Helper()
	if len(texts) != to-from+1 {
		t.Errorf("there are %d lines, want %d", len(texts), to-from+1)
	}
	for i, got := range texts {
		if got != text(from+i) {
			t.Fatalf("line %d is %q, want %q", i, got, text(from+i))
		}
	}
}

// endpoint is an HTTP endpoint that takes batches.
type endpoint struct {
	received
	t       *testing.T
	address string

	rules   sync.Mutex
	answer  func(w http.ResponseWriter, body []byte) bool // false: it has answered
	headers []http.Header
}

// newEndpoint returns one that is not up yet.
func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return &endpoint{t: t, address: listener.Addr().String()}
}

func (e *endpoint) url() string { return "http://" + e.address + "/intake/s3cr3t" }

// up has it listen, until the test ends.
func (e *endpoint) up() {
	e.t.Helper()
	listener, err := net.Listen("tcp", e.address)
	must(e.t, err)
	server := &http.Server{Handler: e}
	go func() { _ = server.Serve(listener) }() // it ends by Close
	e.t.Cleanup(func() { _ = server.Close() })
}

// answers has requests answered by a rule before they are taken.
func (e *endpoint) answers(rule func(w http.ResponseWriter, body []byte) bool) {
	e.rules.Lock()
	defer e.rules.Unlock()
	e.answer = rule
}

// ServeHTTP implements http.Handler.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // who sent it has gone
	}
	e.rules.Lock()
	e.headers = append(e.headers, r.Header)
	rule := e.answer
	e.rules.Unlock()
	if rule != nil && !rule(w, body) {
		return
	}
	e.take(body)
}

func (e *endpoint) take(body []byte) {
	for _, one := range bytes.SplitAfter(body, []byte("\n")) {
		if len(one) == 0 {
			continue
		}
		var o object
		if err := json.Unmarshal(one, &o); err != nil {
			e.t.Errorf("%q is no line of JSON: %v", one, err)
		}
		e.add(o.ID, o.Text, string(one))
	}
}

// header is the first header that came.
func (e *endpoint) header() http.Header {
	e.rules.Lock()
	defer e.rules.Unlock()
	return e.headers[0]
}

// syslogServer takes messages that are framed by their length.
type syslogServer struct {
	received
	t       *testing.T
	address string

	open     sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	wrap     func(net.Listener) net.Listener
}

func newSyslogServer(t *testing.T) *syslogServer {
	t.Helper()
	s := &syslogServer{t: t, address: "127.0.0.1:0", conns: map[net.Conn]bool{}, wrap: func(l net.Listener) net.Listener { return l }}
	t.Cleanup(s.down)
	return s
}

// up has it listen, where it did before.
func (s *syslogServer) up() {
	s.t.Helper()
	listener, err := net.Listen("tcp", s.address)
	must(s.t, err)
	s.open.Lock()
	defer s.open.Unlock()
	s.address, s.listener = listener.Addr().String(), s.wrap(listener)
	go s.accept(s.listener)
}

func (s *syslogServer) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		s.open.Lock()
		s.conns[conn] = true
		s.open.Unlock()
		go func() {
			if err := s.read(conn); err != nil {
				s.t.Errorf("the messages are not as RFC 6587 has them: %v", err)
			}
		}()
	}
}

// down closes everything.
func (s *syslogServer) down() {
	s.open.Lock()
	defer s.open.Unlock()
	if s.listener != nil {
		_ = s.listener.Close()
	}
	for conn := range s.conns {
		_ = conn.Close()
		delete(s.conns, conn)
	}
}

// read takes messages until the connection ends.
func (s *syslogServer) read(conn net.Conn) error {
	in := bufio.NewReader(conn)
	for {
		length, err := in.ReadString(' ')
		if err != nil {
			return nil
		}
		n, err := strconv.Atoi(strings.TrimSuffix(length, " "))
		if err != nil || n <= 0 {
			return fmt.Errorf("the length is %q", length)
		}
		message := make([]byte, n)
		if _, err := io.ReadFull(in, message); err != nil {
			return nil
		}
		id, text, err := parts(string(message))
		if err != nil {
			return err
		}
		s.add(id, text, string(message))
	}
}

// parts are the ID and the text of a message.
func parts(message string) (id, text string, err error) {
	head, text, found := strings.Cut(message, "] ")
	_, rest, has := strings.Cut(head, ` id="`)
	id, _, ends := strings.Cut(rest, `"`)
	if !found || !has || !ends || !strings.HasPrefix(message, "<") {
		return "", "", errors.New("this is no message: " + message)
	}
	return id, text, nil
}

// certified is a server whose certificate the drains of a world trust.
func certified(t *testing.T, w *world) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // who does not trust it complains
	server.StartTLS()
	t.Cleanup(server.Close)
	w.options.Roots = poolOf(server.Certificate())
	return server
}

// slowly is a pause of a far end.
func slowly(d time.Duration) func(http.ResponseWriter, []byte) bool {
	return func(http.ResponseWriter, []byte) bool { time.Sleep(d); return true }
}
