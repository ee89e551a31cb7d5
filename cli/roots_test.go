package cli

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheAuthoritiesOfTheSystemGoBeforeThoseThatGondorCarries(t *testing.T) {
	if hasAuthorities(func(string) string { return "" }, t.TempDir()) {
		t.Skip("This system does not keep its authorities in files.")
	}
	for name, c := range map[string]struct {
		file string
		env  map[string]string
		has  bool
	}{
		"none":                       {has: false},
		"an empty directory of them": {file: "etc/ssl/certs/", has: false},
		"a bundle":                   {file: "etc/ssl/certs/ca-certificates.crt", has: true},
		"the bundle of Alpine":       {file: "etc/ssl/cert.pem", has: true},
		"a directory with one":       {file: "etc/pki/tls/certs/one.pem", has: true},
		"a file that is named":       {env: map[string]string{"SSL_CERT_FILE": "/mine.pem"}, has: true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir, file := filepath.Split(c.file)
			if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
				t.Fatal(err)
			}
			if file != "" {
				if err := os.WriteFile(filepath.Join(root, c.file), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got := hasAuthorities(func(key string) string { return c.env[key] }, root); got != c.has {
				t.Errorf("has authorities: %v; want %v", got, c.has)
			}
		})
	}
}
