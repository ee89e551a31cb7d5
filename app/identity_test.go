package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gondor/app"
	"gondor/store"
)

const password = "correct horse"

// amy makes a user who can sign in.
func (w *world) amy() app.User {
	w.t.Helper()
	user, err := w.CreateUser(w.ctx, w.admin, app.NewUser{Name: "amy", Email: "amy@example.com", Password: password})
	must(w.t, err)
	return user
}

func (w *world) signIn(name string) app.Grant {
	w.t.Helper()
	grant, err := w.SignIn(w.ctx, name, password, "cli")
	must(w.t, err)
	return grant
}

// isGood reports whether a secret still proves who somebody is.
func (w *world) isGood(secret string, kind app.TokenKind) bool {
	w.t.Helper()
	_, err := w.Identify(w.ctx, secret, kind)
	if err != nil {
		wantCode(w.t, err, app.CodeUnauthenticated)
	}
	return err == nil
}

func TestSigningInGivesATokenThatSaysWhoItIs(t *testing.T) {
	w := newWorld(t)
	user := w.amy()
	who, err := w.Identify(w.ctx, w.signIn("amy").Access, app.TokenAccess)
	must(t, err)
	if want := (app.Actor{User: user.ID, Name: "amy"}); who != want {
		t.Errorf("the token is of %+v, want %+v", who, want)
	}
}

func TestSigningInIsRefused(t *testing.T) {
	w := newWorld(t)
	w.amy()
	for _, c := range []struct{ why, name, password string }{
		{"with a wrong password", "amy", "incorrect horse"},
		{"with no password", "amy", ""},
		{"with a name that nobody has", "bob", password},
		{"with a name that nobody can have", "Amy\n", password},
		{"with no name", "", ""},
		{"with more bytes than a password has", "amy", password + strings.Repeat("\x00", 80)},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, err := w.SignIn(w.ctx, c.name, c.password, "cli")
			wantCode(t, err, app.CodeUnauthenticated)
			_, _, err = w.SignInBrowser(w.ctx, c.name, c.password)
			wantCode(t, err, app.CodeUnauthenticated)
		})
	}
}

func TestATokenIsGoodForItsKindAndItsTime(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		kind app.TokenKind
		life time.Duration
	}{
		{app.TokenAccess, time.Hour}, {app.TokenRefresh, 60 * day}, {app.TokenSession, 14 * day},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			w := newWorld(t)
			w.amy()
			grant := w.signIn("amy")
			session, _, err := w.SignInBrowser(w.ctx, "amy", password)
			must(t, err)
			secrets := map[app.TokenKind]string{app.TokenAccess: grant.Access, app.TokenRefresh: grant.Refresh, app.TokenSession: session}
			for kind, secret := range secrets {
				if got := w.isGood(secret, c.kind); got != (kind == c.kind) {
					t.Errorf("the secret of kind %s is good as %s: %v", kind, c.kind, got)
				}
			}
			w.passes(c.life - time.Minute)
			if !w.isGood(secrets[c.kind], c.kind) {
				t.Errorf("it is no longer good a minute before %s are over", c.life)
			}
			w.passes(2 * time.Minute)
			if w.isGood(secrets[c.kind], c.kind) {
				t.Errorf("it is still good a minute after %s", c.life)
			}
		})
	}
}

func TestARefreshTokenIsUsedUpByItsUse(t *testing.T) {
	w := newWorld(t)
	w.amy()
	first := w.signIn("amy")
	_, err := w.Refresh(w.ctx, first.Refresh, "another")
	wantCode(t, err, app.CodeUnauthenticated)
	second, err := w.Refresh(w.ctx, first.Refresh, "cli")
	must(t, err)
	_, err = w.Refresh(w.ctx, first.Refresh, "cli")
	wantCode(t, err, app.CodeUnauthenticated)
	if !w.isGood(first.Access, app.TokenAccess) || !w.isGood(second.Access, app.TokenAccess) {
		t.Error("a refresh throws out what is in use")
	}
	must(t, w.Revoke(w.ctx, second.Refresh, "cli"))
	if w.isGood(first.Access, app.TokenAccess) || w.isGood(second.Access, app.TokenAccess) {
		t.Error("an access token outlives its revoked refresh token")
	}
}

func TestOnlyTheClientOfATokenRevokesIt(t *testing.T) {
	w := newWorld(t)
	w.amy()
	grant := w.signIn("amy")
	must(t, w.Revoke(w.ctx, grant.Refresh, "another"))
	must(t, w.Revoke(w.ctx, "unknown", "cli"))
	if !w.isGood(grant.Refresh, app.TokenRefresh) {
		t.Fatal("another client has revoked the token")
	}
	must(t, w.Revoke(w.ctx, grant.Refresh, "cli"))
	must(t, w.Revoke(w.ctx, grant.Refresh, "cli"))
	if w.isGood(grant.Refresh, app.TokenRefresh) || w.isGood(grant.Access, app.TokenAccess) {
		t.Error("a revoked token is good")
	}
}

func TestSigningOutEndsABrowsersSession(t *testing.T) {
	w := newWorld(t)
	w.amy()
	session, expires, err := w.SignInBrowser(w.ctx, "amy", password)
	must(t, err)
	if life := expires.Sub(w.clock).Round(time.Hour); life != 14*24*time.Hour {
		t.Errorf("the session lasts %s", life)
	}
	must(t, w.SignOutBrowser(w.ctx, session))
	must(t, w.SignOutBrowser(w.ctx, session))
	if w.isGood(session, app.TokenSession) {
		t.Error("the session goes on")
	}
}

func TestANewPasswordEndsAllSignIns(t *testing.T) {
	w := newWorld(t)
	user := w.amy()
	grant := w.signIn("amy")
	amy := app.Actor{User: user.ID, Name: user.Name}
	must(t, w.ChangePassword(w.ctx, amy, user.ID, "another horse"))
	if w.isGood(grant.Access, app.TokenAccess) || w.isGood(grant.Refresh, app.TokenRefresh) {
		t.Error("a token made with the old password is good")
	}
	_, err := w.SignIn(w.ctx, "amy", password, "cli")
	wantCode(t, err, app.CodeUnauthenticated)
	_, err = w.SignIn(w.ctx, "amy", "another horse", "cli")
	must(t, err)
}

func TestANameCanBeTriedSoOften(t *testing.T) {
	w := newWorld(t)
	w.amy()
	for range 20 {
		_, err := w.SignIn(w.ctx, "amy", "wrong", "cli")
		wantCode(t, err, app.CodeUnauthenticated)
	}
	_, err := w.SignIn(w.ctx, "amy", password, "cli")
	wantCode(t, err, app.CodeTooMany)
	_, err = w.SignIn(w.ctx, "bob", password, "cli")
	wantCode(t, err, app.CodeUnauthenticated)
	w.passes(10 * time.Minute)
	w.signIn("amy")
}

func TestSignInsThatSucceedAreNotCounted(t *testing.T) {
	w := newWorld(t)
	w.amy()
	for range 25 {
		w.signIn("amy")
	}
}

func TestAnUnknownNameTakesAsLongAsAKnownOne(t *testing.T) {
	w := newWorld(t)
	w.SetDearPasswords()
	w.amy()
	quickest := func(name string) time.Duration {
		best := time.Hour
		for range 3 {
			start := time.Now()
			_, err := w.SignIn(w.ctx, name, "wrong password", "cli")
			best = min(best, time.Since(start))
			wantCode(t, err, app.CodeUnauthenticated)
		}
		return best
	}
	if known, unknown := quickest("amy"), quickest("nobody"); unknown < known/2 {
		t.Errorf("a name that nobody has is refused in %s, a known one in %s", unknown, known)
	}
}

func TestTheFirstUserIsMadeInAnEmptyStore(t *testing.T) {
	w := newEmptyWorld(t)
	used, err := w.Bootstrap(w.ctx, "")
	must(t, err)
	again, err := w.Bootstrap(w.ctx, "")
	must(t, err)
	if len(used) < 20 || again != "" {
		t.Fatalf("the first start uses a password of %d characters, the second %q", len(used), again)
	}
	grant, err := w.SignIn(w.ctx, "admin", used, "cli")
	must(t, err)
	who, err := w.Identify(w.ctx, grant.Access, app.TokenAccess)
	must(t, err)
	user, group, err := w.Me(w.ctx, who)
	must(t, err)
	if !user.Admin || group.Name != "admin" || group.Personal != user.ID {
		t.Errorf("the first user is %+v with the group %+v", user, group)
	}
}

func TestTheFirstPasswordCanBeGiven(t *testing.T) {
	w := newEmptyWorld(t)
	_, err := w.Bootstrap(w.ctx, "short")
	wantCode(t, err, app.CodeInvalid)
	used, err := w.Bootstrap(w.ctx, password)
	must(t, err)
	if used != password {
		t.Errorf("the password is %q", used)
	}
	w.signIn("admin")
}

func TestExpiredTokensAreSweptAndOthersAreNot(t *testing.T) {
	w := newWorld(t)
	w.amy()
	grant := w.signIn("amy")
	w.passes(2 * time.Hour)
	must(t, w.SweepTokens(w.ctx))
	if n := w.countTokens(); n != 1 {
		t.Errorf("%d tokens are kept after two hours, want the refresh token alone", n)
	}
	if !w.isGood(grant.Refresh, app.TokenRefresh) {
		t.Error("the refresh token is gone")
	}
	w.passes(60 * 24 * time.Hour)
	must(t, w.SweepTokens(w.ctx))
	must(t, w.SweepTokens(w.ctx))
	if n := w.countTokens(); n != 0 {
		t.Errorf("%d tokens are kept after all have expired", n)
	}
}

func (w *world) countTokens() int {
	w.t.Helper()
	count := 0
	must(w.t, w.Store.View(w.ctx, func(r app.Reader) error {
		for _, err := range r.Tokens().Each() {
			if err != nil {
				return err
			}
			count++
		}
		return nil
	}))
	return count
}

func TestTheStoreHoldsNoSecretInTheClear(t *testing.T) {
	w := newWorld(t)
	w.amy()
	grant := w.signIn("amy")
	site := w.site(w.team("team", nil), "blog")
	_, err := w.SetVariables(w.ctx, w.admin, app.VariableOwner{Site: site.ID}, []app.NewVariable{{Name: "API_KEY", Value: "tell-nobody"}}, nil)
	must(t, err)
	file, err := os.ReadFile(filepath.Join(w.dir, store.FileName))
	must(t, err)
	if !bytes.Contains(file, []byte("API_KEY")) {
		t.Fatal("the file that was read does not hold what was stored")
	}
	for _, secret := range []string{password, grant.Access, grant.Refresh, "tell-nobody"} {
		if bytes.Contains(file, []byte(secret)) {
			t.Errorf("the file holds %q", secret)
		}
	}
}

func TestWhatIsBehindTheLongestPasswordCounts(t *testing.T) {
	w := newWorld(t)
	longest := strings.Repeat("p", app.MaxPasswordLength)
	_, err := w.CreateUser(w.ctx, w.admin, app.NewUser{Name: "bob", Password: longest})
	must(t, err)
	_, err = w.SignIn(w.ctx, "bob", longest, "cli")
	wantCode(t, err, "")
	_, err = w.SignIn(w.ctx, "bob", longest+"p", "cli")
	wantCode(t, err, app.CodeUnauthenticated)
}
