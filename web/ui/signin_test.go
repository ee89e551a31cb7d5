package ui_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestSigningIn(t *testing.T) {
	w := newWorld(t)
	t.Run("a page that one may not see yet leads to the sign-in and back", func(t *testing.T) {
		b := w.guest()
		b.get("/account?x=1").wantRedirect("/sign-in?to=%2Faccount%3Fx%3D1")
		b.get("/sign-in?to=%2Faccount%3Fx%3D1").want(ok, `name="to" value="/account?x=1"`)
		b.post("/sign-in", "username=admin&password="+password+"&to=%2Faccount%3Fx%3D1").wantRedirect("/account?x=1")
		b.get("/account").want(ok, "Sign out")
	})
	t.Run("the session's cookie is out of reach of scripts and of other sites", func(t *testing.T) {
		cookie := w.guest().post("/sign-in", "username=admin&password="+password).header.Get("Set-Cookie")
		for _, part := range []string{"__Host-gondor=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"} {
			if !strings.Contains(cookie, part) {
				t.Errorf("the cookie %q lacks %q", cookie, part)
			}
		}
	})
	t.Run("a wrong password is told, and the name is kept but not the password", func(t *testing.T) {
		a := w.guest().post("/sign-in", "username=admin&password=wrong-guess&to=%2Fusers")
		a.want(http.StatusUnauthorized, "The name or the password is wrong.", `value="admin"`, `name="to" value="/users"`)
		a.wantNot("wrong-guess")
	})
	t.Run("signing out ends the session", func(t *testing.T) {
		w.person("leaver")
		b := w.browser("leaver")
		secret := b.cookies["__Host-gondor"]
		b.post("/sign-out", "").wantRedirect("/sign-in")
		b.cookies["__Host-gondor"] = secret
		b.get("/").wantRedirect("/sign-in")
	})
	t.Run("a link to the sign-in leads to no other site", func(t *testing.T) {
		w.guest().post("/sign-in", "username=admin&password="+password+"&to=%2F%2Fevil.example%2F").wantRedirect("/")
	})
	t.Run("whoever tries too often is told to wait", func(t *testing.T) {
		gone, cancel := context.WithCancel(t.Context())
		cancel() // who has gone is counted, and costs no time
		for range 20 {
			_, _, err := w.SignInBrowser(gone, "nobody", "wrong-guess")
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("the attempt ended with %v", err)
			}
		}
		w.guest().post("/sign-in", "username=nobody&password=wrong-guess").want(http.StatusTooManyRequests, "Too many sign-ins have failed for this name", "wait 10m0s")
	})
	t.Run("a part of a page and a stream say 401, for scripts to see", func(t *testing.T) {
		b := w.guest()
		b.get("/?section=sites").want(http.StatusUnauthorized)
		r := b.request(http.MethodGet, "/events", "")
		r.Header.Set("Accept", "text/event-stream")
		b.do(r).want(http.StatusUnauthorized)
	})
}

func TestRequestsOfOtherOriginsChangeNothing(t *testing.T) {
	w := newWorld(t)
	for name, header := range map[string][2]string{
		"of another site":                      {"Sec-Fetch-Site", "cross-site"},
		"of a site below Gondor's own domain":  {"Sec-Fetch-Site", "same-site"},
		"of another origin, by an old browser": {"Origin", "https://evil.example"},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.browser("admin")
			r := b.request(http.MethodPost, "/sites", "name=stolen")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header[0], header[1])
			b.do(r).want(forbidden, "came from a page of another site")
			b.get("/").wantNot("stolen")
		})
	}
}

func TestEveryAnswerCarriesTheHeadersOfSecurity(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/sign-in", "/", "/nowhere", "/assets/nothing.js"} {
		header := w.guest().get(path).header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
			"X-Frame-Options":         "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s of %s is %q, want %q", name, path, got, want)
			}
		}
	}
}
