package app

import "time"

// Token is what a client or a browser shows to prove who it is. The store knows only
// the hash of its secret.
type Token struct {
	ID      ID[Token] // the hash of the secret, in hexadecimal
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
