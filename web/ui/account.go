package ui

import (
	"net/http"

	"gondor/app"
)

// accountView is the page of who is signed in.
type accountView struct {
	User  app.User
	Group app.ResourceGroup
}

func (d *dashboard) accountRoutes(mux *http.ServeMux) {
	mux.Handle("GET /account", d.private(d.accountPage))
	mux.Handle("POST /account/password", d.private(d.changePassword))
}

func (d *dashboard) accountPage(c *call) error { return d.showAccount(c, http.StatusOK, form{}) }

func (d *dashboard) showAccount(c *call, status int, sent form) error {
	user, group, err := d.app.Me(c.Context(), c.who)
	if err != nil {
		return err
	}
	view := accountView{User: user, Group: group}
	return d.showAs(c, status, "account", page{Title: "Account", Place: "account", View: view, Form: sent})
}

// changePassword signs the browser in again, because a new password ends all sign-ins.
func (d *dashboard) changePassword(c *call) error {
	sent, err := c.read("password", "password", "repeat")
	if err != nil {
		return err
	}
	password := sent.Values["password"]
	if password != sent.Values["repeat"] {
		err = app.Invalid("repeat", "is not the same as the password above it; type it twice")
	} else {
		err = d.app.ChangePassword(c.Context(), c.who, c.who.User, password)
	}
	if err != nil {
		return d.refuse(c, sent, err, d.showAccount)
	}
	secret, expires, err := d.app.SignInBrowser(c.Context(), c.who.Name, password)
	if err != nil {
		return err
	}
	d.cookies.set(c.w, d.cookies.session, secret, expires)
	return d.done(c, "/account", "Your password is changed, and all other sign-ins have ended.")
}
