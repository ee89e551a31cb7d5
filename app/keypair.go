package app

import (
	"crypto/tls"
	"encoding/pem"
	"strings"
	"time"
)

// KeyPair is a private key and the certificate that goes with it, for the hosts of a
// resource group.
type KeyPair struct {
	ID          ID[KeyPair]
	Group       ID[ResourceGroup]
	Name        string // unique in its group
	Certificate []byte // PEM, the host's own first, then the chain
	Key         Sealed // PEM
	Created     time.Time
}

// CheckKeyPair checks that both are PEM (RFC 7468), that the key is that of the first
// certificate, and that the certificate is good now. A certificate that becomes good
// later is taken: it may be put in place ahead of time.
func CheckKeyPair(certificate, key []byte, now time.Time) error {
	if err := checkPEM("certificate", certificate, "CERTIFICATE"); err != nil {
		return err
	}
	if err := checkPEM("key", key, "PRIVATE KEY"); err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return Invalid("key", "does not go with the certificate; give the key that its request was signed with (%s)", err)
	}
	if end := pair.Leaf.NotAfter; !now.Before(end) {
		return Invalid("certificate", "has expired on %s; give one that is still good", end.UTC().Format("2 January 2006 at 15:04 UTC"))
	}
	return nil
}

// checkPEM says whether the text holds a PEM block whose type ends in kind: there are
// RSA PRIVATE KEY and EC PRIVATE KEY too.
func checkPEM(field string, text []byte, kind string) error {
	if len(text) == 0 {
		return Invalid(field, "is missing; give it in PEM form")
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, kind) {
			return nil
		}
	}
	return Invalid(field, "is not in PEM form; it begins with -----BEGIN %s-----", kind)
}
