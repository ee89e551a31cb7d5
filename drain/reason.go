package drain

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"
	"time"
)

// reason says for people what went wrong on the way to a host. What Go says of a URL is left
// out: that has the secrets of the drain.
func reason(host string, patience time.Duration, err error) error {
	var known *failure
	var at *url.Error
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &at) {
		err = at.Err
	}
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &name) && name.IsNotFound:
		return &failure{text: fmt.Sprintf("the host name %s does not exist", name.Name)}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &failure{text: "connection refused by " + host}
	case errors.As(err, &certificate):
		return &failure{text: fmt.Sprintf("the certificate of %s is not to be trusted: %v", host, certificate.Err), slow: true}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return &failure{text: fmt.Sprintf("%s does not answer within %v", host, patience)}
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &failure{text: host + " closed the connection"}
	}
	return &failure{text: fmt.Sprintf("%s can't be sent to: %v", host, err)}
}
