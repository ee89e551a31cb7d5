package api

import "gondor/app"

// Site is one project of a resource group.
type Site struct {
	Name               string    `json:"name"`
	Key                string    `json:"key"` // its ID, which never changes
	ResourceGroup      Reference `json:"resource_group"`
	PrivateRegistryURL *string   `json:"private_registry_url"` // always null: none can be set
	PrivateRegistryKey *string   `json:"private_registry_key"` // always null: none can be set
	URL                Reference `json:"url"`
}

// NewSite makes a site. Without a resource group it is the caller's own; without a name
// the server makes one up.
type NewSite struct {
	ResourceGroup Reference `json:"resource_group,omitempty"`
	Name          string    `json:"name,omitempty"`
}

// SiteUser gives a user a role in one site.
type SiteUser struct {
	Site     Reference `json:"site"`
	Username string    `json:"username"`
	Email    string    `json:"email"`
	Role     app.Role  `json:"role"`
	URL      Reference `json:"url"`
}

// NewSiteUser adds a user to a site, by name or by email address.
type NewSiteUser struct {
	Site     Reference `json:"site"`
	Username string    `json:"username,omitempty"`
	Email    string    `json:"email,omitempty"`
	Role     app.Role  `json:"role"`
}
