package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority signs the certificates of one cluster. Its files lie in the state directory's
// pki folder, one folder per machine, as the machine finds them in /etc/kubernetes.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// identity is what a certificate says of its holder.
type identity struct {
	name, group string
	hosts       []string
	addresses   []string
}

func pkiPath(machine, file string) string { return statePath("pki", machine, file) }

// makePKI writes all keys, certificates and kubeconfigs but the one for people, which
// needs the forwarder's port.
func makePKI(o options) (authority, error) {
	ca, err := newAuthority()
	if err != nil {
		return ca, fmt.Errorf("make the certificate authority: %w", err)
	}
	if err := ca.controlPlane(); err != nil {
		return ca, fmt.Errorf("make the control plane's certificates: %w", err)
	}
	for _, node := range o.nodes() {
		if err := ca.node(node); err != nil {
			return ca, fmt.Errorf("make the certificates of %s: %w", node, err)
		}
	}
	return ca, nil
}

func newAuthority() (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	template := certificateFor(identity{name: clusterName})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return authority{}, err
	}
	certificate, err := x509.ParseCertificate(der)
	return authority{certificate, key}, err
}

// loadAuthority reads the authority of the cluster that is up.
func loadAuthority() (authority, error) {
	pair, err := tls.LoadX509KeyPair(pkiPath(control, "ca.crt"), pkiPath(control, "ca.key"))
	if err != nil {
		return authority{}, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return authority{}, fmt.Errorf("the key in %s is not an ECDSA key", pkiPath(control, "ca.key"))
	}
	return authority{pair.Leaf, key}, nil
}

func certificateFor(who identity) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // crypto/rand never fails
	c := &x509.Certificate{
		SerialNumber: serial, DNSNames: who.hosts, Subject: pkix.Name{CommonName: who.name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 1, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if who.group != "" {
		c.Subject.Organization = []string{who.group}
	}
	for _, address := range who.addresses {
		c.IPAddresses = append(c.IPAddresses, net.ParseIP(address))
	}
	return c
}

// issue makes a key and its certificate, both PEM.
func (ca authority) issue(who identity) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, certificateFor(who), ca.certificate, &private.PublicKey, ca.key)
	if err != nil {
		return nil, nil, err
	}
	key, err = keyPEM(private)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key, err
}

func keyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), err
}

func (ca authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw})
}

func writePrivate(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
