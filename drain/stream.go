package drain

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"time"

	"gondor/app"
)

// streamSender sends messages over TCP, or TLS over it. No far end says that it has taken
// something. A batch counts as taken when the machine of the far end has acknowledged all of
// it, and what a connection was sent last is sent again when it broke, for the program there
// need not have read it: a program that closes what it has read to the end breaks nothing.
type streamSender struct {
	to       *url.URL
	tls      *tls.Config // nil: without TLS
	patience time.Duration

	connection *connection // nil: none
	last       []byte      // what was taken last
	again      bool        // it is to be sent once more
}

func newStreamSender(to *url.URL, o Options) *streamSender {
	s := &streamSender{to: to, patience: o.Timing.Patience}
	if to.Scheme == app.DrainSyslogTLS {
		s.tls = clientTLS(o.Roots)
		s.tls.ServerName = to.Hostname()
	}
	return s
}

func clientTLS(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func (s *streamSender) form(to []byte, l line) []byte { return formSyslog(to, l) }

func (s *streamSender) send(ctx context.Context, batch []byte) error {
	if err := s.trySend(ctx, batch); err != nil {
		s.broken(true)
		return reason(s.to.Host, s.patience, err)
	}
	s.last, s.again = append(s.last[:0], batch...), false
	return nil
}

func (s *streamSender) trySend(ctx context.Context, batch []byte) error {
	if s.connection != nil {
		if over, clean := s.connection.over(); over {
			s.broken(!clean)
		}
	}
	if s.connection == nil {
		if err := s.connect(ctx); err != nil {
			return err
		}
	}
	if s.again {
		if err := s.connection.write(ctx, s.last); err != nil {
			return err
		}
	}
	if err := s.connection.write(ctx, batch); err != nil {
		return err
	}
	return s.connection.settle(ctx)
}

// broken lets the connection go. What was sent last is sent again unless the far end had read
// all of it.
func (s *streamSender) broken(unread bool) {
	if s.connection == nil {
		return // there was none to break
	}
	s.connection.close()
	s.connection, s.again = nil, unread && len(s.last) > 0
}

func (s *streamSender) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	raw, err := dialer(s.patience).DialContext(ctx, "tcp", s.to.Host)
	if err != nil {
		return err
	}
	var conn net.Conn = raw
	if s.tls != nil {
		secured := tls.Client(raw, s.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = raw.Close() // nothing was sent over it
			return err
		}
		conn = secured
	}
	s.connection = newConnection(conn, raw.(*net.TCPConn), s.patience)
	return nil
}

func (s *streamSender) close() {
	if s.connection != nil {
		s.connection.close()
	}
}
