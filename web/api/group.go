package api

import "gondor/app"

// ResourceGroup owns sites: a person's own group, or a team's.
type ResourceGroup struct {
	ID       uint64    `json:"id"`
	Name     string    `json:"name"`
	Personal bool      `json:"personal"`
	URL      Reference `json:"url"`
}

// NewResourceGroup makes a team's group.
type NewResourceGroup struct {
	Name string `json:"name"`
}

// Member gives a user a role in a resource group, and so in all of its sites.
type Member struct {
	ResourceGroup Reference `json:"resource_group"`
	Username      string    `json:"username"`
	Email         string    `json:"email"`
	Role          app.Role  `json:"role"`
	URL           Reference `json:"url"`
}

// NewMember adds a member to a group.
type NewMember struct {
	ResourceGroup Reference `json:"resource_group"`
	Username      string    `json:"username"`
	Role          app.Role  `json:"role"`
}
