package cli

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// trustAuthorities lets this process trust the public authorities that Gondor carries,
// where the system has none: in Gondor's own image. They are taken from a module and not
// from the machine that builds the image, so that it is the same wherever it is made. To
// read them takes 5 ms of every command, which a system with its own is spared. It must
// not be called twice.
func trustAuthorities(env func(string) string) error {
	if hasAuthorities(env, "/") {
		return nil
	}
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			return fmt.Errorf("read the certificate of a public authority: %w", err)
		}
		if root.Constraint == nil {
			pool.AddCert(certificate)
		} else {
			pool.AddCertWithConstraint(certificate, root.Constraint)
		}
	}
	x509.SetFallbackRoots(pool)
	return nil
}

// hasAuthorities reports whether the system below a directory has certificates in one of
// the places where crypto/x509 looks for them.
func hasAuthorities(env func(string) string, root string) bool {
	if runtime.GOOS != "linux" || env("SSL_CERT_FILE") != "" || env("SSL_CERT_DIR") != "" {
		return true
	}
	for _, path := range []string{
		"etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt", "etc/ssl/ca-bundle.pem", "etc/pki/tls/cacert.pem",
		"etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "etc/ssl/cert.pem",
	} {
		if _, err := os.Stat(filepath.Join(root, path)); err == nil {
			return true
		}
	}
	for _, dir := range []string{"etc/ssl/certs", "etc/pki/tls/certs"} {
		if entries, err := os.ReadDir(filepath.Join(root, dir)); err == nil && len(entries) > 0 {
			return true
		}
	}
	return false
}
