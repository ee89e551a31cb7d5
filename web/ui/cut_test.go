package ui_test

import (
	"net"
	"sync"
)

// cuttable is a listener whose connections the test cuts: those of WebSockets too, which no
// HTTP server knows any more.
type cuttable struct {
	net.Listener
	mu   sync.Mutex
	open []net.Conn
}

// Accept implements net.Listener.
func (l *cuttable) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.open = append(l.open, connection)
	}
	return connection, err
}

// cut ends all connections in the middle of whatever they carry.
func (l *cuttable) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, connection := range l.open {
		_ = connection.Close() // many have ended before
	}
	l.open = nil
}
