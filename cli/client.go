package cli

import (
	"cmp"
	"context"
	"net/netip"
	"net/url"
	"strings"

	"gondor/app"
	"gondor/cli/config"
	"gondor/web/api"
)

// Environment variables that stand in place of a sign-in.
const (
	envURL      = "GONDOR_URL"
	envToken    = "GONDOR_TOKEN"
	envInsecure = "GONDOR_INSECURE" // not empty: plain HTTP is allowed beyond loopback
)

// client returns the client of the server that is meant: that of GONDOR_URL, or of a
// cluster of the configuration.
func (p *Program) client() (*api.Client, error) {
	if p.server != nil {
		return p.server, nil
	}
	file, err := config.Open(p.io.Env)
	if at := p.io.Env(envURL); at != "" && p.flags.cloud == "" && p.flags.cluster == "" {
		return p.clientOfEnv(file, at)
	}
	if err != nil {
		return nil, err
	}
	known, err := file.Read()
	if err != nil {
		return nil, err
	}
	name, err := p.clusterName(known)
	if err != nil {
		return nil, err
	}
	cluster, _ := known.Find(name)
	return p.connect(cluster.URL, clusterTokens{file, name})
}

// clusterName is the cluster that the flags name, else gondor.yml, else the current one.
func (p *Program) clusterName(known config.Config) (string, error) {
	cluster := p.flags.cluster
	if cluster == "" && p.flags.cloud == "" {
		site, err := p.siteConfig()
		if err != nil {
			return "", err
		}
		cluster = site.Cluster
	}
	return known.Resolve(p.flags.cloud, cluster)
}

// clientOfEnv takes the token from the environment too, or the sign-in at that URL.
func (p *Program) clientOfEnv(file config.File, at string) (*api.Client, error) {
	base, err := serverURL(at, p.io.Env(envInsecure) != "", "set "+envInsecure+"=1")
	if err != nil {
		return nil, err
	}
	if token := p.io.Env(envToken); token != "" {
		return p.connect(base.String(), api.StaticToken(token))
	}
	known, err := file.Read()
	if err != nil {
		return nil, err
	}
	name := known.OfURL(base.String())
	if name == "" {
		return nil, app.Fault(app.CodeUnauthenticated, "you are not signed in to %s", base)
	}
	return p.connect(base.String(), clusterTokens{file, name})
}

// connect makes the client that all further calls of the program use.
func (p *Program) connect(at string, tokens api.Tokens) (*api.Client, error) {
	base, err := url.Parse(at)
	if err != nil {
		return nil, app.Invalid("", "%q is not the URL of a server", at)
	}
	o := api.Options{URL: base, Tokens: tokens, Name: "gondor " + version()}
	if p.flags.logHTTP {
		o.LogHTTP = p.io.Stderr
	}
	p.server = api.NewClient(o)
	return p.server, nil
}

// serverURL reads the URL of a server: scheme and host. Without a scheme it is http on
// loopback and https elsewhere. Plain HTTP beyond loopback shows the password to
// everybody on the way, so it is refused unless insecure; permit says how to allow it.
func serverURL(text string, insecure bool, permit string) (*url.URL, error) {
	given := text
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	at, err := url.Parse(text)
	if err != nil || at.Hostname() == "" || at.User != nil || (at.Scheme != "http" && at.Scheme != "https") {
		return nil, app.Invalid("", "%q is not the URL of a server; give one such as https://gondor.example.com", given)
	}
	if text != given && isLoopback(at.Hostname()) {
		at.Scheme = "http"
	}
	if at.Scheme == "http" && !isLoopback(at.Hostname()) && !insecure {
		return nil, app.Invalid("", "%s is plain HTTP: everybody on the way could read your password and token; use https://, or %s", given, permit)
	}
	return &url.URL{Scheme: at.Scheme, Host: strings.ToLower(at.Host)}, nil
}

// isLoopback reports whether a host is this machine: localhost and names below it (RFC
// 6761 section 6.3), or a loopback address.
func isLoopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	address, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && address.IsLoopback()
}

// clusterTokens keeps the sign-in of a cluster in the configuration file.
type clusterTokens struct {
	file config.File
	name string
}

// Load implements api.Tokens.
func (t clusterTokens) Load(context.Context) (api.Grant, error) {
	known, err := t.file.Read()
	cluster, _ := known.Find(t.name)
	return api.Grant{AccessToken: cluster.AccessToken, RefreshToken: cluster.RefreshToken}, err
}

// Save implements api.Tokens. A grant without a refresh token keeps the one before.
func (t clusterTokens) Save(_ context.Context, g api.Grant) error {
	return t.file.Update(func(c *config.Config) error {
		cluster, _ := c.Find(t.name)
		if g.AccessToken != "" {
			g.RefreshToken = cmp.Or(g.RefreshToken, cluster.RefreshToken)
		}
		cluster.AccessToken, cluster.RefreshToken = g.AccessToken, g.RefreshToken
		c.Put(t.name, cluster)
		return nil
	})
}
