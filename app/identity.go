package app

import (
	"bytes"
	"context"
	"time"
)

// Grant is what signing in gives to a client of the API.
type Grant struct {
	Access  string // the secret of an access token
	Refresh string // the secret of the refresh token that buys the next
	Expires time.Time
}

// SignIn checks a name and a password and gives the client its tokens. A wrong name or
// password is an error of CodeUnauthenticated, too many of them for one name are one of
// CodeTooMany.
func (a *App) SignIn(ctx context.Context, name, password, client string) (Grant, error) {
	user, err := a.checkSignIn(ctx, name, password)
	if err != nil {
		return Grant{}, err
	}
	var grant Grant
	err = a.update(ctx, func(tx Tx) (err error) {
		if err := unchanged(tx.Reader(), user); err != nil {
			return err
		}
		grant, _, err = a.grant(tx, user.ID, client)
		return err
	})
	return grant, err
}

// SignInBrowser is SignIn for the dashboard: it returns the secret of a session.
func (a *App) SignInBrowser(ctx context.Context, name, password string) (secret string, expires time.Time, err error) {
	user, err := a.checkSignIn(ctx, name, password)
	if err != nil {
		return "", time.Time{}, err
	}
	token, secret := newToken(user.ID, TokenSession, "", a.now())
	err = a.update(ctx, func(tx Tx) error {
		if err := unchanged(tx.Reader(), user); err != nil {
			return err
		}
		return tx.Tokens().Put(token)
	})
	return secret, token.Expires, err
}

// SignOutBrowser ends a session. No error when there is none.
func (a *App) SignOutBrowser(ctx context.Context, secret string) error {
	return a.Revoke(ctx, secret, "")
}

// Refresh gives the client new tokens for its refresh token, which is used up. Access
// tokens that came with it stay good until they expire, so that another process of
// the same client is not thrown out, and go with the new refresh token when that is
// revoked.
func (a *App) Refresh(ctx context.Context, refresh, client string) (Grant, error) {
	var grant Grant
	err := a.update(ctx, func(tx Tx) error {
		old, err := tokenFor(tx.Reader(), refresh, TokenRefresh, a.now())
		if err != nil {
			return err
		}
		if old.Client != client {
			return Fault(CodeUnauthenticated, "this refresh token was given to another client; sign in again")
		}
		made, pair, err := a.grant(tx, old.User, client)
		if err != nil {
			return err
		}
		grant = made
		return a.succeed(tx, old, pair)
	})
	return grant, err
}

// Revoke ends the token of a secret, and the access tokens of a refresh token. As in
// RFC 7009 section 2.2 it is no error when there is no such token for this client.
func (a *App) Revoke(ctx context.Context, secret, client string) error {
	return a.update(ctx, func(tx Tx) error {
		token, err := tx.Tokens().Get(tokenID(secret))
		switch {
		case IsNotFound(err) || err == nil && token.Client != client:
			return nil
		case err != nil:
			return err
		}
		if err := deleteAll(tx.Tokens(), TokenByPair, token.Key()); err != nil {
			return err
		}
		return tx.Tokens().Delete(token.ID)
	})
}

// Identify returns whose token it is. CodeUnauthenticated when it is unknown, expired or
// not of the kind.
func (a *App) Identify(ctx context.Context, secret string, kind TokenKind) (Actor, error) {
	var who Actor
	err := a.read(ctx, func(r Reader) error {
		token, err := tokenFor(r, secret, kind, a.now())
		if err != nil {
			return err
		}
		user, err := r.Users().Get(token.User)
		who = Actor{User: user.ID, Name: user.Name, Admin: user.Admin}
		return err
	})
	if err != nil {
		return Actor{}, err
	}
	return who, nil
}

// grant makes a pair of tokens and returns their secrets, and the ID of the refresh token.
func (a *App) grant(tx Tx, user ID[User], client string) (Grant, ID[Token], error) {
	refresh, refreshSecret := newToken(user, TokenRefresh, client, a.now())
	access, accessSecret := newToken(user, TokenAccess, client, a.now())
	access.Pair = refresh.ID
	for _, token := range []Token{refresh, access} {
		if err := tx.Tokens().Put(token); err != nil {
			return Grant{}, "", err
		}
	}
	return Grant{Access: accessSecret, Refresh: refreshSecret, Expires: access.Expires}, refresh.ID, nil
}

// succeed removes a refresh token and hands its access tokens to the one after it.
func (a *App) succeed(tx Tx, old Token, pair ID[Token]) error {
	access, err := gather(tx.Tokens().By(TokenByPair, old.Key()), every[Token])
	if err != nil {
		return err
	}
	for _, token := range access {
		token.Pair = pair
		if err := tx.Tokens().Put(token); err != nil {
			return err
		}
	}
	return tx.Tokens().Delete(old.ID)
}

// checkSignIn returns the user whose name and password these are. It does the same
// work for a name that nobody has.
func (a *App) checkSignIn(ctx context.Context, name, password string) (User, error) {
	wrong := Fault(CodeUnauthenticated, "the name or the password is wrong")
	if CheckName("username", name) != nil {
		return User{}, wrong // nobody can have it, which is no secret
	}
	if !a.attempts.admit(name, a.now()) {
		return User{}, Fault(CodeTooMany, "too many sign-ins have failed for this name; wait %s and try again", attemptsWindow)
	}
	user := User{Password: []byte(nobodysPassword)}
	err := a.read(ctx, func(r Reader) error {
		found, err := r.Users().One(UserByName, name)
		if err == nil {
			user = found
		}
		return err
	})
	if err != nil && !IsNotFound(err) {
		return User{}, err
	}
	if !isPassword(user.Password, password) || user.ID == "" {
		return User{}, wrong
	}
	a.attempts.succeeded(name)
	return user, nil
}

// unchanged fails when the user went or got another password since it was read.
func unchanged(r Reader, user User) error {
	now, err := r.Users().Get(user.ID)
	if IsNotFound(err) || err == nil && !bytes.Equal(now.Password, user.Password) {
		return Fault(CodeUnauthenticated, "the name or the password is wrong")
	}
	return err
}
