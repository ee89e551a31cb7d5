package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) userRoutes() []route {
	return []route{
		show("/v2/users/", "All users, for an admin", listUsers),
		show("/v2/users/find/", "The user of a name", findUser).needs("username", "the name"),
		create("/v2/users/", "Make a user and their resource group, for an admin", createUser),
		show("/v2/users/:id/", "One user", showUser),
		change("/v2/users/:id/", "Change a password; this ends the user's sign-ins", updateUser),
		erase("/v2/users/:id/", "Delete a user, for an admin", deleteUser),
	}
}

func (c *call) user(u app.User) (api.User, error) {
	return api.User{Username: u.Name, Email: u.Email, Admin: u.Admin, Created: u.Created, URL: refer(c, "users", u.ID)}, nil
}

func listUsers(c *call) ([]api.User, error) {
	users, err := c.App.Users(c.ctx(), c.who)
	return each(users, err, c.user)
}

// findUser finds anybody for an admin, and oneself.
func findUser(c *call) (api.User, error) {
	name, err := c.needed("username")
	if err != nil {
		return api.User{}, err
	}
	if name == c.who.Name {
		user, err := c.App.User(c.ctx(), c.who, c.who.User)
		if err != nil {
			return api.User{}, err
		}
		return c.user(user)
	}
	if !c.who.Admin {
		return api.User{}, app.NotFound("user")
	}
	users, err := listUsers(c)
	return find(users, err, "user", func(u api.User) bool { return u.Username == name })
}

func createUser(c *call, in api.NewUser) (api.User, error) {
	user, err := c.App.CreateUser(c.ctx(), c.who, app.NewUser{
		Name: in.Username, Email: in.Email, Password: in.Password, Admin: in.Admin,
	})
	if err != nil {
		return api.User{}, err
	}
	return c.user(user)
}

func showUser(c *call) (api.User, error) {
	id, err := given[app.User](c, "user")
	if err != nil {
		return api.User{}, err
	}
	user, err := c.App.User(c.ctx(), c.who, id)
	if err != nil {
		return api.User{}, err
	}
	return c.user(user)
}

func updateUser(c *call, in api.UserUpdate) (api.User, error) {
	id, err := given[app.User](c, "user")
	if err != nil {
		return api.User{}, err
	}
	if err := c.App.ChangePassword(c.ctx(), c.who, id, in.Password); err != nil {
		return api.User{}, err
	}
	return showUser(c)
}

func deleteUser(c *call) error {
	id, err := given[app.User](c, "user")
	if err != nil {
		return err
	}
	return c.App.DeleteUser(c.ctx(), c.who, id)
}
