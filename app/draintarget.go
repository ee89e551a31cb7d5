package app

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The schemes of a drain's URL.
const (
	DrainSyslog    = "syslog"     // syslog://HOST:PORT: RFC 5424 over TCP, framed as RFC 6587 section 3.4.1
	DrainSyslogTLS = "syslog+tls" // syslog+tls://HOST:PORT: RFC 5425
	DrainHTTP      = "http"
	DrainHTTPS     = "https"
)

// maxDrainTarget bounds a drain's URL, in bytes.
const maxDrainTarget = 2048

// ParseDrainTarget reads the URL of a drain. An error of CodeInvalid about "target" says
// what would be right, and repeats nothing that could be a secret.
func ParseDrainTarget(target string) (*url.URL, error) {
	at, err := url.Parse(target)
	switch {
	case target == "":
		return nil, Invalid("target", "is missing; give a URL such as syslog+tls://logs.example.com:6514 or https://logs.example.com/")
	case len(target) > maxDrainTarget:
		return nil, Invalid("target", "is %d bytes long; at most %d are taken", len(target), maxDrainTarget)
	case err != nil || at.Opaque != "":
		return nil, Invalid("target", "is not a URL; give one such as syslog+tls://logs.example.com:6514 or https://logs.example.com/")
	case !slices.Contains([]string{DrainSyslog, DrainSyslogTLS, DrainHTTP, DrainHTTPS}, at.Scheme):
		return nil, Invalid("target", "begins with %q; use syslog://, syslog+tls://, https:// or http://", at.Scheme)
	case at.Fragment != "":
		return nil, Invalid("target", "has a part behind #, which nobody would be sent; leave it out")
	}
	if err := checkDrainHost(at); err != nil {
		return nil, err
	}
	if at.Scheme == DrainSyslog || at.Scheme == DrainSyslogTLS {
		return at, checkSyslogTarget(at)
	}
	return at, nil
}

func checkDrainHost(at *url.URL) error {
	if at.Hostname() == "" || strings.ContainsAny(at.Hostname(), " %") {
		return Invalid("target", "has no host; give a URL such as syslog+tls://logs.example.com:6514 or https://logs.example.com/")
	}
	if at.Port() == "" {
		return nil
	}
	if port, err := strconv.ParseUint(at.Port(), 10, 16); err != nil || port == 0 {
		return Invalid("target", "has the port %s; use 1 to 65535", at.Port())
	}
	return nil
}

// checkSyslogTarget holds that a syslog server is a host and a port: the protocol has no
// place for more.
func checkSyslogTarget(at *url.URL) error {
	switch {
	case at.Port() == "":
		return Invalid("target", "has no port; give it, such as %s://%s", at.Scheme, net.JoinHostPort(at.Hostname(), "6514"))
	case at.User != nil:
		return Invalid("target", "has a user; syslog knows of none, so give %s://HOST:PORT", at.Scheme)
	case strings.Trim(at.Path, "/") != "" || at.RawQuery != "":
		return Invalid("target", "has a path; syslog knows of none, so give %s://HOST:PORT", at.Scheme)
	}
	return nil
}

// MaskDrainTarget is the URL of a drain as people are shown it: whom it names, the path and
// the query may be secret, and read ***. Masking what is masked changes nothing.
func MaskDrainTarget(at *url.URL) string {
	var b strings.Builder
	b.WriteString(at.Scheme + "://")
	if at.User != nil {
		b.WriteString("***@")
	}
	b.WriteString(at.Host)
	if strings.Trim(at.Path, "/") != "" || at.RawQuery != "" {
		b.WriteString("/***")
	}
	return b.String()
}
