package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"gondor/app"
)

// SignIn trades a name and password for tokens and keeps them. An error of
// CodeUnauthenticated says that they are wrong.
func (c *Client) SignIn(ctx context.Context, username, password string) (Grant, error) {
	form := url.Values{"grant_type": {"password"}, "username": {username}, "password": {password}}
	return c.grant(ctx, form)
}

// SignOut ends the sign-in on the server and forgets its tokens.
func (c *Client) SignOut(ctx context.Context) error {
	grant, err := c.options.Tokens.Load(ctx)
	if err != nil {
		return err
	}
	response, err := c.form(ctx, "/oauth/revoke_token/", url.Values{"token": {grant.RefreshToken}})
	if err != nil {
		return err
	}
	response.Body.Close()
	return c.options.Tokens.Save(ctx, Grant{})
}

// renew returns a grant newer than the stale one: another's, where somebody renewed it
// in the meantime, or one bought with the refresh token.
func (c *Client) renew(ctx context.Context, stale Grant) (Grant, error) {
	c.renewal.Lock()
	defer c.renewal.Unlock()
	grant, err := c.options.Tokens.Load(ctx)
	if err != nil || grant.AccessToken != stale.AccessToken || grant.RefreshToken == "" {
		return grant, err
	}
	return c.grant(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {grant.RefreshToken}})
}

// grant asks for tokens and keeps them.
func (c *Client) grant(ctx context.Context, form url.Values) (Grant, error) {
	response, err := c.form(ctx, "/oauth/token/", form)
	if err != nil {
		return Grant{}, err
	}
	defer response.Body.Close()
	var grant Grant
	if err := decodeAnswer(response.Body, &grant); err != nil {
		return Grant{}, c.unreachable(ctx, err)
	}
	return grant, c.options.Tokens.Save(ctx, grant)
}

// form posts a form of OAuth, which carries no token.
func (c *Client) form(ctx context.Context, path string, form url.Values) (*http.Response, error) {
	form.Set("client_id", ClientID)
	at := c.base.JoinPath(path).String()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if c.options.Name != "" {
		req.Header.Set("X-Gondor-Client", c.options.Name)
	}
	response, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer response.Body.Close()
	return nil, refusalOf(response)
}

// refusalOf reads an error of RFC 6749 section 5.2.
func refusalOf(response *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	var refusal Refusal
	if err != nil || json.Unmarshal(body, &refusal) != nil || refusal.Description == "" {
		return DecodeError(response.StatusCode, body)
	}
	return app.Fault(CodeOfStatus(response.StatusCode), "%s", refusal.Description)
}
