package notify_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mailServer takes mail over SMTP (RFC 5321), with STARTTLS (RFC 3207) when it has a
// certificate and AUTH PLAIN (RFC 4954) then.
type mailServer struct {
	address     string
	certificate *tls.Certificate
	refuses     string            // its answer to RCPT, in place of 250
	mails       chan receivedMail // in the order of their coming
}

type receivedMail struct {
	encrypted bool
	user      string
	to, text  string
}

// startMailServer serves until the test ends.
func startMailServer(t *testing.T, s *mailServer) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s.address, s.mails = listener.Addr().String(), make(chan receivedMail, 10)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(connection)
		}
	}()
	return s
}

func (s *mailServer) serve(connection net.Conn) {
	defer func() { _ = connection.Close() }()
	lines := bufio.NewReader(connection)
	say := func(text string) { _, _ = fmt.Fprint(connection, text+"\r\n") }
	var mail receivedMail
	say("220 mail.test ESMTP")
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			switch {
			case s.certificate != nil && !mail.encrypted:
				say("250-mail.test\r\n250 STARTTLS")
			case mail.encrypted:
				say("250-mail.test\r\n250 AUTH PLAIN")
			default:
				say("250 mail.test")
			}
		case "STARTTLS":
			say("220 go ahead")
			connection = tls.Server(connection, &tls.Config{Certificates: []tls.Certificate{*s.certificate}})
			lines, mail.encrypted = bufio.NewReader(connection), true
		case "AUTH":
			plain, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			mail.user = strings.ReplaceAll(string(plain), "\x00", "|")
			say("235 welcome")
		case "RCPT":
			mail.to = rest
			if s.refuses != "" {
				say(s.refuses)
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go ahead")
			for {
				line, err := lines.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				mail.text += line
			}
			s.mails <- mail
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// certificateFor makes a certificate of localhost, which this process trusts from now on.
func certificateFor(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "authorities.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", path) // read when the first certificate is checked
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
