package web

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"time"

	"gondor/app"
	"gondor/web/api"
)

const formType = "application/x-www-form-urlencoded"

func (s *server) oauthRoutes() []route {
	token := reflect.TypeFor[tokenForm]()
	return []route{
		{
			method: http.MethodPost, path: "/oauth/token/", summary: "Sign in, or renew a sign-in (RFC 6749 sections 4.3 and 6)",
			in: token, out: reflect.TypeFor[api.Grant](), sends: formType, status: http.StatusOK, open: true, serve: serveToken,
		},
		{
			method: http.MethodPost, path: "/oauth/revoke_token/", summary: "Sign out (RFC 7009)",
			in: reflect.TypeFor[revocationForm](), sends: formType, status: http.StatusOK, open: true, serve: serveRevocation,
		},
	}
}

// tokenForm is what a sign-in sends.
type tokenForm struct {
	GrantType    string `json:"grant_type"` // password, or refresh_token
	ClientID     string `json:"client_id"`
	Username     string `json:"username,omitempty"`
	Password     string `json:"password,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// revocationForm is what a sign-out sends.
type revocationForm struct {
	ClientID string `json:"client_id"`
	Token    string `json:"token"`
}

// oauthError is an error of RFC 6749 section 5.2.
type oauthError struct {
	status int
	api.Refusal
}

func refused(status int, name, description string) *oauthError {
	return &oauthError{status: status, Refusal: api.Refusal{Error: name, Description: description}}
}

func serveToken(c *call) error {
	form, wrong := readForm(c)
	if wrong != nil {
		return c.refuse(wrong)
	}
	grant, err := c.grant(form)
	if err != nil {
		return c.refuseGrant(err)
	}
	c.Response().Header().Set("Pragma", "no-cache")
	return c.JSON(http.StatusOK, api.Grant{
		AccessToken: grant.Access, TokenType: "Bearer",
		ExpiresIn: int(time.Until(grant.Expires).Seconds()), RefreshToken: grant.Refresh,
	})
}

// grant carries out a grant type.
func (c *call) grant(form url.Values) (app.Grant, error) {
	switch form.Get("grant_type") {
	case "password":
		return c.App.SignIn(c.ctx(), form.Get("username"), form.Get("password"), form.Get("client_id"))
	case "refresh_token":
		return c.App.Refresh(c.ctx(), form.Get("refresh_token"), form.Get("client_id"))
	}
	return app.Grant{}, app.Invalid("grant_type", "must be password or refresh_token")
}

func serveRevocation(c *call) error {
	form, wrong := readForm(c)
	if wrong != nil {
		return c.refuse(wrong)
	}
	if err := c.App.Revoke(c.ctx(), form.Get("token"), form.Get("client_id")); err != nil {
		return c.refuseGrant(err)
	}
	return c.JSON(http.StatusOK, struct{}{})
}

// readForm reads a form that names its client.
func readForm(c *call) (url.Values, *oauthError) {
	r := c.Request()
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != formType {
		return nil, refused(http.StatusBadRequest, "invalid_request", "the body must be a form: "+formType)
	}
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		return nil, refused(http.StatusBadRequest, "invalid_request", "the body is not a form")
	}
	if r.PostForm.Get("client_id") == "" {
		return nil, refused(http.StatusBadRequest, "invalid_request", "client_id is missing")
	}
	return r.PostForm, nil
}

// refuseGrant says why there are no tokens; what is no fault of the client's goes the
// way of every error.
func (c *call) refuseGrant(err error) error {
	var fault *app.Error
	if !errors.As(err, &fault) {
		return err
	}
	switch fault.Code {
	case app.CodeUnauthenticated:
		return c.refuse(refused(http.StatusUnauthorized, "invalid_grant", fault.Message))
	case app.CodeTooMany:
		return c.refuse(refused(http.StatusTooManyRequests, "temporarily_unavailable", fault.Message))
	case app.CodeInvalid:
		if fault.Field == "grant_type" {
			return c.refuse(refused(http.StatusBadRequest, "unsupported_grant_type", fault.Error()))
		}
		return c.refuse(refused(http.StatusBadRequest, "invalid_request", fault.Error()))
	}
	return err
}

func (c *call) refuse(e *oauthError) error {
	tellHow(c.Response().Header(), c.Request(), e.status)
	return c.JSON(e.status, e.Refusal)
}
