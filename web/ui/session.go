package ui

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// cookies are the names and the manner of the dashboard's cookies.
type cookies struct {
	session string
	flash   string
	secure  bool
}

// cookiesFor picks the __Host- prefix (RFC 6265bis section 4.1.3.2), which keeps the sites
// below Gondor's domain from setting the cookie, wherever browsers take a Secure cookie:
// over HTTPS and, as a trustworthy origin, on localhost and the names below it.
func cookiesFor(at *url.URL) cookies {
	host := strings.ToLower(at.Hostname())
	if at.Scheme == "https" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return cookies{session: "__Host-gondor", flash: "__Host-gondor-flash", secure: true}
	}
	return cookies{session: "gondor", flash: "gondor-flash"}
}

// set gives the browser a cookie. One that expires in the past is removed.
func (c cookies) set(w http.ResponseWriter, name, value string, expires time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", Expires: expires,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (c cookies) remove(w http.ResponseWriter, name string) { c.set(w, name, "", time.Unix(1, 0)) }

// secret is the session's, "" when the browser has none.
func (c cookies) secret(r *http.Request) string {
	cookie, err := r.Cookie(c.session)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// localPath returns to when it leads to a page of the dashboard, else "/": a link to the
// sign-in must not send people to another site behind it.
func localPath(to string) string {
	at, err := url.Parse(to)
	foreign := err != nil || at.Scheme != "" || at.Host != "" || at.User != nil || at.Opaque != ""
	if foreign || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}
