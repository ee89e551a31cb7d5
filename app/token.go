package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Token is what a client or a browser shows to prove who it is. The store knows only
// the hash of its secret.
type Token struct {
	ID      ID[Token] // the SHA-256 of the secret, in hexadecimal
	User    ID[User]
	Kind    TokenKind
	Client  string    // the client_id it was given to, empty for the dashboard
	Pair    ID[Token] // of an access token: the refresh token it came with
	Created time.Time
	Expires time.Time
}

// TokenKind says what a token is good for.
type TokenKind string

// The kinds of tokens.
const (
	TokenAccess  TokenKind = "access"  // calls the API
	TokenRefresh TokenKind = "refresh" // buys a new access token
	TokenSession TokenKind = "session" // signs in a browser
)

// life is how long a token of the kind is good for.
func (k TokenKind) life() time.Duration {
	const day = 24 * time.Hour
	switch k {
	case TokenRefresh:
		return 60 * day
	case TokenSession:
		return 14 * day
	default:
		return time.Hour
	}
}

// TokenByUser is the index of tokens by their user.
const TokenByUser = "user"

// TokenByPair is the index of access tokens by their refresh token.
const TokenByPair = "pair"

// Key implements Record.
func (t Token) Key() string { return string(t.ID) }

// Indexes implements Record.
func (t Token) Indexes() []Index {
	return []Index{{Name: TokenByUser, Value: string(t.User)}, {Name: TokenByPair, Value: string(t.Pair)}}
}

// expired reports whether the token is good no more.
func (t Token) expired(now time.Time) bool { return !now.Before(t.Expires) }

// tokenID is the ID of the token with this secret. The secret has too many random bits
// to be found by trying, so a fast hash without a salt is enough.
func tokenID(secret string) ID[Token] {
	sum := sha256.Sum256([]byte(secret))
	return ID[Token](hex.EncodeToString(sum[:]))
}

// newToken returns a token for the user, and its secret of 130 random bits.
func newToken(user ID[User], kind TokenKind, client string, now time.Time) (Token, string) {
	secret := RandomSecret()
	return Token{
		ID: tokenID(secret), User: user, Kind: kind, Client: client,
		Created: now, Expires: now.Add(kind.life()),
	}, secret
}

// tokenFor returns the token of a secret, or an error of CodeUnauthenticated that does
// not say whether it is unknown, expired or of another kind.
func tokenFor(r Reader, secret string, kind TokenKind, now time.Time) (Token, error) {
	token, err := r.Tokens().Get(tokenID(secret))
	switch {
	case IsNotFound(err) || err == nil && (token.Kind != kind || token.expired(now)):
		return Token{}, Fault(CodeUnauthenticated, "the sign-in is unknown or has expired; sign in again")
	case err != nil:
		return Token{}, fmt.Errorf("find a token: %w", err)
	}
	return token, nil
}

// sweepTokens removes the tokens that have expired.
func (a *App) sweepTokens(ctx context.Context) error {
	var expired []Token
	err := a.read(ctx, func(r Reader) (err error) {
		expired, err = gather(r.Tokens().Each(), func(t Token) bool { return t.expired(a.now()) })
		return err
	})
	if err != nil || len(expired) == 0 {
		return err
	}
	return a.update(ctx, func(tx Tx) error {
		for _, token := range expired {
			if err := tx.Tokens().Delete(token.ID); err != nil && !IsNotFound(err) {
				return err
			}
		}
		return nil
	})
}
