package ui

import (
	"net/http"

	"gondor/app"
)

// usersView is the page of everybody who can sign in.
type usersView struct{ Users []app.User }

func (d *dashboard) userRoutes(mux *http.ServeMux) {
	mux.Handle("GET /users", d.private(d.usersPage))
	mux.Handle("POST /users", d.private(d.createUser))
	mux.Handle("POST /users/{user}/delete", d.private(d.deleteUser))
}

func (d *dashboard) usersPage(c *call) error { return d.showUsers(c, http.StatusOK, form{}) }

func (d *dashboard) showUsers(c *call, status int, sent form) error {
	users, err := d.app.Users(c.Context(), c.who)
	if err != nil {
		return err
	}
	return d.showAs(c, status, "users", page{Title: "Users", Place: "users", View: usersView{users}, Form: sent})
}

func (d *dashboard) createUser(c *call) error {
	sent, err := c.read("user", "username", "email", "password", "admin")
	if err != nil {
		return err
	}
	user, err := d.app.CreateUser(c.Context(), c.who, app.NewUser{
		Name: sent.Values["username"], Email: sent.Values["email"],
		Password: sent.Values["password"], Admin: sent.Values["admin"] != "",
	})
	if err != nil {
		return d.refuse(c, sent, err, d.showUsers)
	}
	return d.done(c, "/users", user.Name+" can sign in now.")
}

func (d *dashboard) deleteUser(c *call) error {
	id := app.ID[app.User](c.PathValue("user"))
	user, err := d.app.User(c.Context(), c.who, id)
	if err != nil {
		return err
	}
	if err := d.app.DeleteUser(c.Context(), c.who, id); err != nil {
		return d.refuse(c, form{Name: "delete-" + user.Name}, err, d.showUsers)
	}
	return d.done(c, "/users", user.Name+" has been deleted.")
}
