package web

import (
	"gondor/app"
	"gondor/web/api"
)

func (s *server) memberRoutes() []route {
	return []route{
		show("/v2/members/", "The members of a resource group", listMembers).needs("resource_group", "its url"),
		create("/v2/members/", "Give a user a role in a resource group", addMember),
		erase("/v2/members/:id/", "Take a member's role away", removeMember),
	}
}

func (c *call) member(m app.Member) (api.Member, error) {
	person, err := c.person(m.User)
	return api.Member{
		ResourceGroup: refer(c, "resource_groups", m.Group), Username: person.Name, Email: person.Email,
		Role: m.Role, URL: refer(c, "members", m.ID),
	}, err
}

// person returns who a user is, zero for one who has been deleted.
func (c *call) person(id app.ID[app.User]) (app.Person, error) {
	people, err := c.App.People(c.ctx(), c.who, id)
	return people[id], err
}

func listMembers(c *call) ([]api.Member, error) {
	group, err := mustAsk[app.ResourceGroup](c, "resource_group", "resource_groups")
	if err != nil {
		return nil, err
	}
	members, err := c.App.Members(c.ctx(), c.who, group)
	return each(members, err, c.member)
}

func addMember(c *call, in api.NewMember) (api.Member, error) {
	group, err := required[app.ResourceGroup](c, "resource_group", "resource_groups", in.ResourceGroup)
	if err != nil {
		return api.Member{}, err
	}
	member, err := c.App.AddMember(c.ctx(), c.who, app.NewMember{Group: group, Username: in.Username, Role: in.Role})
	if err != nil {
		return api.Member{}, err
	}
	return c.member(member)
}

func removeMember(c *call) error {
	id, err := given[app.Member](c, "member")
	if err != nil {
		return err
	}
	return c.App.RemoveMember(c.ctx(), c.who, id)
}
