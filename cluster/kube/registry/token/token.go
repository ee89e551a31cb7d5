// Package token signs what a client of Gondor's registry may do. A token is a pair of user
// and password for HTTP basic authentication; it names what it allows and is valid as
// long as the key is. Nobody keeps tokens: the key proves them.
package token

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"gondor/app"
)

// The prefixes of the repositories.
const (
	Bases = "base/" // base images: every token may pull them
	Sites = "site/" // and the ID of a site: its artifacts and its cache
)

// Scope is what a token allows.
type Scope struct {
	role       role
	repository string
}

type role string

const (
	rolePull  role = "pull"
	rolePush  role = "push"
	roleAdmin role = "admin"
)

// Pull allows to pull from a repository and from Bases.
func Pull(repository string) Scope { return Scope{rolePull, repository} }

// Push allows to push to a repository, to pull from it and to pull from Bases.
func Push(repository string) Scope { return Scope{rolePush, repository} }

// Admin allows everything.
func Admin() Scope { return Scope{role: roleAdmin} }

// IsAdmin reports whether the scope allows everything.
func (s Scope) IsAdmin() bool { return s.role == roleAdmin }

// MayPull reports whether the scope allows to read a repository.
func (s Scope) MayPull(repository string) bool {
	switch s.role {
	case roleAdmin:
		return true
	case rolePull, rolePush:
		return repository == s.repository || strings.HasPrefix(repository, Bases)
	default:
		return false
	}
}

// MayPush reports whether the scope allows to write to a repository.
func (s Scope) MayPush(repository string) bool {
	return s.role == roleAdmin || s.role == rolePush && repository == s.repository
}

// user names the scope. It has no colon, which a user of basic authentication can't have
// (RFC 7617 section 2).
func (s Scope) user() string {
	if s.role == roleAdmin {
		return string(roleAdmin)
	}
	return string(s.role) + "+" + s.repository
}

// Sign returns the token for a scope.
func Sign(key []byte, s Scope) (user, password string) {
	return s.user(), hex.EncodeToString(signature(key, s.user()))
}

// Verify returns what a token allows. CodeUnauthenticated when the key did not sign it.
func Verify(key []byte, user, password string) (Scope, error) {
	given, err := hex.DecodeString(password)
	if err != nil || !hmac.Equal(given, signature(key, user)) {
		return Scope{}, app.Fault(app.CodeUnauthenticated, "the registry does not know this user, or the password is wrong")
	}
	name, repository, _ := strings.Cut(user, "+")
	return Scope{role(name), repository}, nil
}

func signature(key []byte, user string) []byte {
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(user)) // never fails
	return sum.Sum(nil)
}

// leastKey is how many bytes a key must have, as many as the signatures have.
const leastKey = sha256.Size

// Key reads the contents of a key file: any text of 32 bytes or more; white space around
// it does not count. CodeInvalid when it is shorter.
func Key(contents []byte) ([]byte, error) {
	key := bytes.TrimSpace(contents)
	if len(key) < leastKey {
		return nil, app.Invalid("key", "has only %d bytes; make one with at least %d, such as by: openssl rand -hex 32", len(key), leastKey)
	}
	return key, nil
}
