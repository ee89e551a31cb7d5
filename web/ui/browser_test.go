package ui_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gondor/app"
)

// browser is somebody's, with their cookies and without scripts.
type browser struct {
	w       *world
	cookies map[string]string
}

// answer is what the server sent.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// guest is a browser in which nobody is signed in.
func (w *world) guest() *browser { return &browser{w: w, cookies: map[string]string{}} }

// browser is one in which somebody is signed in. A sign-in takes its time, so the world
// keeps one of each person.
func (w *world) browser(name string) *browser {
	w.t.Helper()
	secret, signedIn := w.sessions[name]
	if !signedIn {
		var err error
		secret, _, err = w.SignInBrowser(w.ctx, name, password)
		must(w.t, err)
		w.sessions[name] = secret
	}
	b := w.guest()
	b.cookies["__Host-gondor"] = secret
	return b
}

// actor is who is signed in.
func (b *browser) actor() app.Actor {
	b.w.t.Helper()
	who, err := b.w.Identify(b.w.ctx, b.cookies["__Host-gondor"], app.TokenSession)
	must(b.w.t, err)
	return who
}

func (b *browser) get(path string) answer {
	b.w.t.Helper()
	return b.do(b.request(http.MethodGet, path, ""))
}

// post sends a form: "name=value&…".
func (b *browser) post(path, form string) answer {
	b.w.t.Helper()
	r := b.request(http.MethodPost, path, form)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *browser) request(method, path, body string) *http.Request {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.server.URL+path, strings.NewReader(body))
	must(b.w.t, err)
	r.Host = b.w.url.Host
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

// do sends a request, follows no redirect and keeps the cookies.
func (b *browser) do(r *http.Request) answer {
	b.w.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	must(b.w.t, err)
	defer func() { must(b.w.t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	must(b.w.t, err)
	for _, cookie := range response.Cookies() {
		b.cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 || cookie.Expires.Before(time.Now()) {
			delete(b.cookies, cookie.Name)
		}
	}
	return answer{t: b.w.t, status: response.StatusCode, header: response.Header, body: string(body)}
}

// want fails unless the answer has the status and its body holds every text.
func (a answer) want(status int, texts ...string) {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("the status is %d, want %d; the page is\n%s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("the page does not hold %q; it is\n%s", text, a.body)
		}
	}
}

// wantNot fails when the body holds the text.
func (a answer) wantNot(text string) {
	a.t.Helper()
	if strings.Contains(a.body, text) {
		a.t.Errorf("the page holds %q", text)
	}
}

// wantRedirect fails unless the answer leads to the path.
func (a answer) wantRedirect(path string) {
	a.t.Helper()
	if a.status != seeOther || a.header.Get("Location") != path {
		a.t.Errorf("the answer is %d to %q, want a redirect to %q\n%s", a.status, a.header.Get("Location"), path, a.body)
	}
}

// location is where a redirect leads.
func (a answer) location() string {
	a.t.Helper()
	at, err := url.Parse(a.header.Get("Location"))
	must(a.t, err)
	if a.status != seeOther {
		a.t.Fatalf("the answer is %d and no redirect:\n%s", a.status, a.body)
	}
	return at.RequestURI()
}
