package ui

import (
	"net/http"

	"gondor/app"
)

// signInView is the page where people sign in.
type signInView struct {
	To string // the path they wanted
}

func (d *dashboard) signInRoutes(mux *http.ServeMux) {
	mux.Handle("GET /sign-in", d.public(d.signInPage))
	mux.Handle("POST /sign-in", d.public(d.signIn))
	mux.Handle("POST /sign-out", d.public(d.signOut))
}

func (d *dashboard) signInPage(c *call) error {
	to := localPath(c.URL.Query().Get("to"))
	if c.who.User != "" {
		return c.redirect(to)
	}
	return d.show(c, "sign-in", page{Title: "Sign in", View: signInView{To: to}})
}

func (d *dashboard) signIn(c *call) error {
	sent, err := c.read("sign-in", "username", "password", "to")
	if err != nil {
		return err
	}
	secret, expires, err := d.app.SignInBrowser(c.Context(), sent.Values["username"], sent.Values["password"])
	if err != nil {
		return d.refuseSignIn(c, sent, err)
	}
	d.cookies.set(c.w, d.cookies.session, secret, expires)
	return c.redirect(localPath(sent.Values["to"]))
}

// refuseSignIn shows the sign-in again: a wrong password is no reason to be sent there.
func (d *dashboard) refuseSignIn(c *call, sent form, err error) error {
	code := app.CodeOf(err)
	if code != app.CodeUnauthenticated && code != app.CodeTooMany {
		return err
	}
	to := localPath(sent.Values["to"])
	sent.Fault = sentence(err.Error())
	sent.hideSecrets()
	return d.showAs(c, statusOf(code), "sign-in", page{Title: "Sign in", View: signInView{To: to}, Form: sent})
}

func (d *dashboard) signOut(c *call) error {
	if err := d.app.SignOutBrowser(c.Context(), d.cookies.secret(c.Request)); err != nil {
		return err
	}
	d.cookies.remove(c.w, d.cookies.session)
	return c.redirect("/sign-in")
}
