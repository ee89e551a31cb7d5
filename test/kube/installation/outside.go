package installation

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"

	"gondor/test/wheels"
)

// outside brings up what stands for the world outside: a registry with base images, an
// index of Python's packages and one of npm's.
func (i *Installation) outside(ctx context.Context) error {
	image, err := i.World.Program("./test/kube/site")
	if err != nil {
		return err
	}
	if i.Elsewhere, err = i.World.Elsewhere(ctx, image); err != nil {
		return err
	}
	if i.Index, err = wheels.Start(wheels.Packages); err != nil {
		return err
	}
	if i.PIP, err = i.proxied(ctx, i.Index.URL); err != nil {
		return err
	}
	registry, err := exec.Command("npm", "config", "get", "registry").Output()
	if err != nil {
		return fmt.Errorf("ask npm for its registry: %w", err)
	}
	i.NPM, err = i.proxied(ctx, strings.TrimSpace(string(registry)))
	return err
}

// proxied lets pods reach a URL of this machine's, and returns it as they do.
func (i *Installation) proxied(ctx context.Context, text string) (string, error) {
	target, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("let pods reach %s: %w", text, err)
	}
	listener, err := i.World.ListenFor(ctx)
	if err != nil {
		return "", err
	}
	whole := url.URL{Scheme: target.Scheme, Host: target.Host}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&whole) }}
	go func() { _ = http.Serve(listener, proxy) }() // ends with the process
	seen := *target
	seen.Scheme, seen.Host = "http", listener.Addr().String()
	return seen.String(), nil
}
