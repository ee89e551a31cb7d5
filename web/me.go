package web

import "gondor/web/api"

func (s *server) meRoutes() []route {
	client := show("/v2/client/", "The client that this server offers for download", showClient)
	client.open = true
	return []route{show("/v2/me/", "Who is signed in", showMe), client}
}

func showMe(c *call) (api.Me, error) {
	user, group, err := c.App.Me(c.ctx(), c.who)
	if err != nil {
		return api.Me{}, err
	}
	return api.Me{
		Username: user.Name, Email: user.Email, Admin: user.Admin,
		ResourceGroup: c.group(group), URL: refer(c, "users", user.ID),
	}, nil
}

func showClient(c *call) (api.Offer, error) { return c.Offer, nil }
