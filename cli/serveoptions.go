package cli

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"gondor/app"
	"gondor/cluster"
)

// serveFlags are the flags of serve as they are given.
type serveFlags struct {
	listen, data, domain, publicURL string
	engine                          string
	trusted                         []string
	diskBudget                      string
	kube                            kubeFlags
	environment                     func(string) string // nil: empty
}

// serverOptions are what a server is told.
type serverOptions struct {
	listen    string // host:port; the host may be empty, the port 0
	data      string // absolute
	domain    string // lower case
	publicURL *url.URL
	engine    string
	trusted   []netip.Prefix
	kube      kubeOptions

	diskBudget int64 // bytes; 0: a share of the file system
	outside    outside

	grace time.Duration // for requests in flight at the end
	log   *slog.Logger
}

// serveGrace is how long requests in flight may take when a server ends. Meanwhile new
// connections wait.
const serveGrace = 10 * time.Second

// read checks the flags. dir is what a relative data directory starts at.
func (f serveFlags) read(dir string) (serverOptions, error) {
	o := serverOptions{listen: f.listen, data: f.data, domain: strings.ToLower(f.domain), engine: f.engine, grace: serveGrace}
	switch {
	case f.data == "":
		return o, usage("the directory to keep everything in is missing; say --data DIR")
	case f.domain == "":
		return o, usage("the host name of the dashboard is missing; say --domain DOMAIN")
	case f.engine != cluster.Local && f.engine != cluster.Kube:
		return o, usage("--engine %q is not an engine; use local or kube", f.engine)
	}
	if !filepath.IsAbs(o.data) {
		o.data = filepath.Join(dir, o.data)
	}
	if err := app.CheckDomain("--domain", o.domain); err != nil {
		return o, err
	}
	if _, _, err := net.SplitHostPort(o.listen); err != nil {
		return o, usage("--listen %q is not an address; write HOST:PORT or :PORT", o.listen)
	}
	var err error
	if o.kube, err = f.readKube(dir); err != nil {
		return o, err
	}
	if o.diskBudget, err = parseDiskBudget(f.diskBudget); err != nil {
		return o, err
	}
	if o.trusted, err = parsePrefixes(f.trusted); err != nil {
		return o, err
	}
	if o.outside, err = readOutside(f.environment); err != nil {
		return o, err
	}
	if f.publicURL != "" {
		o.publicURL, err = parsePublicURL(f.publicURL, o.domain)
	}
	return o, err
}

// leastDiskBudget is what a server can do its work with.
const leastDiskBudget = 256 << 20

// parseDiskBudget reads an amount of disk; 0 for none.
func parseDiskBudget(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	bytes, err := parseDisk("--disk-budget", text)
	if err == nil && bytes > 0 && bytes < leastDiskBudget {
		err = usage("--disk-budget %q is too little; give 256Mi or more", text)
	}
	return bytes, err
}

// parseDisk reads a flag's amount of disk, in bytes.
func parseDisk(flag, text string) (int64, error) {
	amount, err := resource.ParseQuantity(text)
	if err != nil || amount.Sign() < 0 {
		return 0, usage("%s %q is no amount of disk; give one such as 20Gi", flag, text)
	}
	return amount.Value(), nil
}

// parsePrefixes reads networks; an address is a network of its own.
func parsePrefixes(texts []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if address, failed := netip.ParseAddr(text); failed == nil {
			prefix, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return nil, usage("--trusted-proxies %q is not a network; write one such as 10.0.0.0/8", text)
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}

func parsePublicURL(text, domain string) (*url.URL, error) {
	at, err := url.Parse(text)
	switch {
	case err != nil || (at.Scheme != "http" && at.Scheme != "https") || strings.Trim(at.Path, "/") != "" || at.User != nil:
		return nil, usage("--public-url %q is not a URL of a scheme and a host, such as https://%s", text, domain)
	case !strings.EqualFold(at.Hostname(), domain):
		return nil, usage("--public-url %q has another host than --domain %s", text, domain)
	}
	return &url.URL{Scheme: at.Scheme, Host: strings.ToLower(at.Host)}, nil
}

// urlOf is where people reach a server that listens on the address, unless they are
// told otherwise.
func (o serverOptions) urlOf(address net.Addr) *url.URL {
	if o.publicURL != nil {
		return o.publicURL
	}
	at := &url.URL{Scheme: "http", Host: o.domain}
	if _, port, err := net.SplitHostPort(address.String()); err == nil && port != "80" {
		at.Host = net.JoinHostPort(o.domain, port)
	}
	return at
}
