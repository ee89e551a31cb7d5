package image

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Scopes of the registry inside Gondor: the names of its users, and what each may do.
const (
	// ScopeAdmin may do everything.
	ScopeAdmin = "admin"
	// ScopePull and a repository may pull from that one.
	ScopePull = "pull:"
	// ScopePush and a repository may pull and push there, and pull from all below base/.
	ScopePush = "push:"
)

// Password is that of a scope at the registry inside Gondor that has the key. Nobody can
// make it without the key, and nobody has to remember it.
func Password(key []byte, scope string) string {
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(scope)) // a hash takes everything
	return hex.EncodeToString(sum.Sum(nil))
}
