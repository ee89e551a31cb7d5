package api

import "time"

// Grant is the answer to a sign-in, as RFC 6749 section 5.1 has it.
type Grant struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"` // always "Bearer"
	ExpiresIn    int    `json:"expires_in"` // seconds from now
	RefreshToken string `json:"refresh_token"`
}

// Refusal is the answer to a sign-in that is refused, as RFC 6749 section 5.2 has it.
type Refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// Me is who is signed in.
type Me struct {
	Username      string        `json:"username"`
	Email         string        `json:"email"`
	Admin         bool          `json:"admin"`
	ResourceGroup ResourceGroup `json:"resource_group"` // the personal one
	URL           Reference     `json:"url"`            // of the user
}

// Offer is the client that this server offers for download.
type Offer struct {
	Version     string                       `json:"version"`
	DownloadURL map[string]map[string]string `json:"download_url"` // GOOS -> GOARCH -> URL; empty when none is offered
}

// User is a person who signs in.
type User struct {
	Username string    `json:"username"`
	Email    string    `json:"email"`
	Admin    bool      `json:"admin"`
	Created  time.Time `json:"created"`
	URL      Reference `json:"url"`
}

// NewUser makes a user with a personal resource group of the same name.
type NewUser struct {
	Username string `json:"username"`
	Email    string `json:"email,omitempty"`
	Password string `json:"password"`
	Admin    bool   `json:"admin,omitempty"`
}

// UserUpdate changes a user. A new password ends all of the user's sign-ins.
type UserUpdate struct {
	Password string `json:"password"`
}
