package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"gondor/app"
)

// issue makes a key and a certificate for it that is good for an hour from begin.
func issue(t *testing.T, begin time.Time) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"www.example.com"}, NotBefore: begin, NotAfter: begin.Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	must(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

func TestAKeyPairIsAKeyWithItsCertificate(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	certificate, key := issue(t, now.Add(-time.Minute))
	later, laterKey := issue(t, now.Add(time.Hour))
	expired, expiredKey := issue(t, now.Add(-time.Hour))
	for _, c := range []struct {
		name             string
		certificate, key []byte
		field            string // at fault; empty when it is right
	}{
		{"both belong together", certificate, key, ""},
		{"a certificate that becomes good later is right", later, laterKey, ""},
		{"a certificate that has expired is not", expired, expiredKey, "certificate"},
		{"the key is that of another", certificate, laterKey, "key"},
		{"the certificate is missing", nil, key, "certificate"},
		{"the key is missing", certificate, nil, "key"},
		{"the certificate is no PEM", []byte("x"), key, "certificate"},
		{"the key is no PEM", certificate, []byte("x"), "key"},
		{"they are the wrong way round", key, certificate, "certificate"},
		{"the certificate stands for both", certificate, certificate, "key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := app.CheckKeyPair(c.certificate, c.key, now)
			if c.field == "" {
				must(t, err)
				return
			}
			wantCode(t, err, app.CodeInvalid)
			wantField(t, err, c.field)
		})
	}
}
