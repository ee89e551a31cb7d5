package main

import (
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

func (ca authority) controlPlane() error {
	key, err := keyPEM(ca.key)
	if err != nil {
		return err
	}
	if err := writePrivate(pkiPath(control, "ca.key"), key); err != nil {
		return err
	}
	if err := writePrivate(pkiPath(control, "ca.crt"), ca.pem()); err != nil {
		return err
	}
	for file, who := range controlPlaneIdentities() {
		if err := ca.write(control, file, who); err != nil {
			return err
		}
	}
	if err := ca.kubeconfigFor(control, "controllers.kubeconfig", identity{name: "system:kube-controller-manager"}); err != nil {
		return err
	}
	return ca.kubeconfigFor(control, "scheduler.kubeconfig", identity{name: "system:kube-scheduler"})
}

func controlPlaneIdentities() map[string]identity {
	return map[string]identity{
		"apiserver": {
			name:      "kube-apiserver",
			hosts:     []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"},
			addresses: []string{"127.0.0.1", controlAddress, "10.96.0.1"},
		},
		"kubelet-client": {name: "apiserver", group: "system:masters"},
		"front-proxy":    {name: "front-proxy"},
		"tokens":         {name: "service-accounts"},
	}
}

func (ca authority) node(node string) error {
	if err := writePrivate(pkiPath(node, "ca.crt"), ca.pem()); err != nil {
		return err
	}
	who := identity{name: "system:node:" + node, group: "system:nodes", hosts: []string{node}, addresses: []string{machineAddress(node)}}
	if err := ca.write(node, "kubelet", who); err != nil {
		return err
	}
	if err := ca.kubeconfigFor(node, "kubelet.kubeconfig", who); err != nil {
		return err
	}
	return ca.kubeconfigFor(node, "proxy.kubeconfig", identity{name: "system:kube-proxy"})
}

func (ca authority) write(machine, file string, who identity) error {
	certificate, key, err := ca.issue(who)
	if err != nil {
		return err
	}
	if err := writePrivate(pkiPath(machine, file+".crt"), certificate); err != nil {
		return err
	}
	return writePrivate(pkiPath(machine, file+".key"), key)
}

func (ca authority) kubeconfigFor(machine, file string, who identity) error {
	text, err := ca.kubeconfig(apiAddress, who)
	if err != nil {
		return err
	}
	return writePrivate(pkiPath(machine, file), text)
}

func (ca authority) kubeconfig(server string, who identity) ([]byte, error) {
	certificate, key, err := ca.issue(who)
	if err != nil {
		return nil, err
	}
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: %[1]s, cluster: {server: "https://%[2]s", certificate-authority-data: %[3]s}}]
users: [{name: %[1]s, user: {client-certificate-data: %[4]s, client-key-data: %[5]s}}]
contexts: [{name: %[1]s, context: {cluster: %[1]s, user: %[1]s}}]
current-context: %[1]s
`, clusterName, server, b64(ca.pem()), b64(certificate), b64(key)), nil
}

func writePrivate(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
