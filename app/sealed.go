package app

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// Sealed is a secret as the store keeps it: encrypted with the installation's key.
// However it is printed or logged, it reads [sealed].
type Sealed []byte

// Format writes [sealed] for every verb.
func (Sealed) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[sealed]")) }

// Vault seals and opens secrets with the installation's key, by AES-256-GCM with a
// random nonce in front (NIST SP 800-38D). It is safe for concurrent use.
type Vault struct{ aead cipher.AEAD }

// VaultKeySize is the length of a vault's key in bytes.
const VaultKeySize = 32

// NewVault returns the vault of a key of VaultKeySize bytes.
func NewVault(key []byte) (*Vault, error) {
	if len(key) != VaultKeySize {
		return nil, fmt.Errorf("the key of the installation has %d bytes, it must have %d", len(key), VaultKeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the vault's cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make the vault's cipher: %w", err)
	}
	return &Vault{aead: aead}, nil
}

// Seal encrypts a secret. Sealing the same secret twice gives different bytes.
func (v *Vault) Seal(secret string) Sealed {
	return v.aead.Seal(nil, nil, []byte(secret), nil)
}

// Open decrypts what Seal returned. It fails when the bytes were sealed with another
// key or changed since.
func (v *Vault) Open(s Sealed) (string, error) {
	plain, err := v.aead.Open(nil, nil, s, nil)
	if err != nil {
		return "", errors.New("a stored secret does not open with this installation's key file")
	}
	return string(plain), nil
}

// RandomSecret returns 26 random characters out of A-Z and 2-7, 130 bits.
func RandomSecret() string { return rand.Text() }
