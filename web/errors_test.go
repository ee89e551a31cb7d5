package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gondor/app"
)

func TestWhatIsWrongWithARequestIsSaid(t *testing.T) {
	w := thaw(t, freeze(t, (*world).estate))
	site := "https://gondor.test/v2/sites/" + string(idIn[app.Site]("own", "site")) + "/"
	instance := "https://gondor.test/v2/instances/" + string(idIn[app.Instance]("own", "instance")) + "/"
	service := "/v2/services/" + string(idIn[app.Service]("own", "service")) + "/"
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		want                     string // in the body
	}{
		{"not JSON", "POST", "/v2/sites/", `{"name": `, 400, `{"non_field_errors":["the body is not JSON`},
		{"an array for an object", "POST", "/v2/sites/", `[]`, 400, `"the body must be a JSON object"`},
		{"an object for an array", "POST", "/v2/envvars/", `{}`, 400, `"the body must be a JSON array of objects"`},
		{"null for an object", "POST", "/v2/sites/", `null`, 400, `"the body must be a JSON object"`},
		{"nothing", "POST", "/v2/sites/", ``, 400, `"non_field_errors"`},
		{"more than one value", "POST", "/v2/sites/", `{"name": "a"} {}`, 400, `"non_field_errors"`},
		{"an unknown field", "POST", "/v2/sites/", `{"nmae": "a"}`, 400, `{"nmae":["is not a field of this resource; its fields are key, name,`},
		{"a number for a string", "POST", "/v2/sites/", `{"name": 7}`, 400, `{"name":["must be a string, not a number"]}`},
		{"a string for a number", "PATCH", service, `{"desired_replicas": "7"}`, 400, `{"desired_replicas":["must be a whole number, not a string"]}`},
		{"a fraction for a whole number", "PATCH", service, `{"desired_replicas": 1.5}`, 400, `"desired_replicas"`},
		{"a body of 2 MB", "POST", "/v2/sites/", `{"name": "` + strings.Repeat("a", 2<<20) + `"}`, 413, `"detail"`},
		{"a name that can't be used", "POST", "/v2/sites/", `{"name": "My Site"}`, 400, `{"name":[`},
		{"a missing reference", "POST", "/v2/instances/", `{"label": "a", "kind": "staging"}`, 400, `{"site":["is missing`},
		{"a reference to another host", "POST", "/v2/instances/", `{"site": "https://evil.example/v2/sites/` + string(idIn[app.Site]("own", "site")) + `/"}`, 400, `{"site":[`},
		{"a reference to another collection", "POST", "/v2/instances/", `{"site": "` + instance + `"}`, 400, `{"site":[`},
		{"a reference that is no URL", "POST", "/v2/instances/", `{"site": "shop"}`, 400, `{"site":[`},
		{"a reference with a query", "POST", "/v2/instances/", `{"site": "` + site + `?x=1"}`, 400, `{"site":[`},
		{"a reference with a strange path", "POST", "/v2/instances/", `{"site": "https://gondor.test/v2/sites/../sites/x/"}`, 400, `{"site":[`},
		{"a reference by a scheme of its own", "POST", "/v2/instances/", `{"site": "` + strings.Replace(site, "https", "ftp", 1) + `"}`, 400, `{"site":[`},
		{"a reference to nothing in a query", "GET", "/v2/instances/?site=nothing", "", 400, `{"site":[`},
		{"an ID that can't be", "GET", "/v2/sites/no%2Fsuch/", "", 404, `{"detail":"no such`},
		{"an ID of control characters", "GET", "/v2/sites/%00%0a/", "", 404, `{"detail":"no such`},
		{"an unknown path", "GET", "/v2/nothing/", "", 404, `{"detail":"no such path`},
		{"a method that is not taken", "PUT", "/v2/sites/", "", 405, `{"detail":`},
		{"two changes at once", "PATCH", service, `{"desired_replicas": 2, "size": "large"}`, 400, `"non_field_errors"`},
		{"no change", "PATCH", service, `{}`, 400, `"non_field_errors"`},
		{"an image", "PATCH", service, `{"image": "x"}`, 400, `{"image":[`},
		{"another desired state", "PATCH", service, `{"desired_state": "stopped"}`, 400, `{"desired_state":[`},
		{"a size that is not offered", "PATCH", service, `{"size": "huge"}`, 400, `{"size":["\"huge\" is not a size; use small`},
		{"a version of a web service", "POST", "/v2/services/", `{"instance": "` + instance + `", "name": "a", "kind": "web", "version": "9"}`, 400, `{"version":[`},
		{"a host that is taken", "POST", "/v2/hosts/", `{"instance": "` + instance + `", "host": "www.foreign.example"}`, 409, `taken`},
		{"a limit that is no number", "GET", "/v2/builds/?limit=-1", "", 400, `{"limit":[`},
		{"find without a name", "GET", "/v2/sites/find/", "", 400, `{"name":[`},
		{"find of what is not there", "GET", "/v2/sites/find/?name=nothing", "", 404, `{"detail":"no such site"}`},
		{"no variables", "POST", "/v2/envvars/", `[]`, 400, `non_field_errors`},
		{"variables of two owners", "POST", "/v2/envvars/", `[{"site": "` + site + `", "key": "A", "value": "1"}, {"instance": "` + instance + `", "key": "B", "value": "1"}]`, 400, `[{},{"non_field_errors":[`},
		{"a variable that is not set", "POST", "/v2/envvars/", `[{"site": "` + site + `", "key": "NOTHING", "value": null}]`, 400, `{"key":[`},
		{"a source that is no tar", "PUT", "/v2/builds/" + string(idIn[app.Build]("own", "waiting build")) + "/", strings.Repeat("no tar", 1000), 400, `not a tar`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.ask(c.method, c.path, "owner", c.body)
			if got.status != c.status || !strings.Contains(got.body, c.want) {
				t.Errorf("%d %s, want %d with %s", got.status, got.body, c.status, c.want)
			}
			if got.header.Get("Content-Type") != "application/json" || got.header.Get("X-Request-Id") == "" {
				t.Errorf("headers %v", got.header)
			}
		})
	}
}

func TestAForeignThingBesideOnesOwnIsUnknown(t *testing.T) {
	w := thaw(t, freeze(t, (*world).estate))
	at := func(group, name string) string {
		noun := nouns(group)[name]
		return fmt.Sprintf("https://gondor.test/v2/%s/%s/", noun[0], noun[1])
	}
	for _, c := range []struct{ name, path, body string }{
		{"a release of a foreign build", "/v2/releases/", fmt.Sprintf(`{"instance": %q, "build": %q}`, at("own", "instance"), at("foreign", "build"))},
		{"a deployment of a foreign build", "/v2/deployments/", fmt.Sprintf(`{"service": %q, "build": %q}`, at("own", "service"), at("foreign", "build"))},
		{"a build of a foreign instance", "/v2/builds/", fmt.Sprintf(`{"site": %q, "instance": %q}`, at("own", "site"), at("foreign", "instance"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := w.ask("POST", c.path, "owner", c.body); got.status != 404 {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
}

func TestWhoIsNotSignedInIsToldHow(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	for _, c := range []struct{ name, token, challenge string }{
		{"without a token", "", `Bearer realm="gondor"`},
		{"with an unknown token", "nonsense", `Bearer realm="gondor", error="invalid_token"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.ask("GET", "/v2/me/", c.token, nil)
			if got.status != 401 || got.header.Get("WWW-Authenticate") != c.challenge || !strings.Contains(got.body, `"detail"`) {
				t.Errorf("%d %s %s", got.status, got.header.Get("WWW-Authenticate"), got.body)
			}
		})
	}
}

func TestSigningInWithWhatIsWrong(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	form := func(pairs ...string) url.Values {
		values := url.Values{"client_id": {"x"}}
		for i := 0; i < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return values
	}
	for _, c := range []struct {
		name   string
		form   url.Values
		status int
		want   string
	}{
		{"a wrong password", form("grant_type", "password", "username", "ada", "password", "wrong"), 401, "invalid_grant"},
		{"an unknown name", form("grant_type", "password", "username", "eve", "password", "wrong"), 401, "invalid_grant"},
		{"an unknown refresh token", form("grant_type", "refresh_token", "refresh_token", "wrong"), 401, "invalid_grant"},
		{"another grant", form("grant_type", "client_credentials"), 400, "unsupported_grant_type"},
		{"no client", url.Values{"grant_type": {"password"}}, 400, "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, fields := w.sign("/oauth/token/", c.form)
			if got.status != c.status || fields["error"] != c.want || fields["error_description"] == "" {
				t.Errorf("%d %s", got.status, got.body)
			}
			if got.header.Get("Cache-Control") != "no-store" {
				t.Error("the answer may be stored")
			}
		})
	}
	t.Run("JSON", func(t *testing.T) {
		if got := w.ask("POST", "/oauth/token/", "", `{"grant_type": "password"}`); got.status != 400 {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("too often", func(t *testing.T) {
		for range 50 {
			got, _ := w.sign("/oauth/token/", form("grant_type", "password", "username", "ada", "password", "wrong"))
			if got.status == 429 {
				if got.header.Get("Retry-After") == "" {
					t.Error("it is not said when to come back")
				}
				return
			}
		}
		t.Error("a name may be tried for ever")
	})
}

func TestSigningOutEndsBothTokens(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	_, grant := w.sign("/oauth/token/", url.Values{"grant_type": {"password"}, "client_id": {"x"}, "username": {"ada"}, "password": {password}})
	if got, _ := w.sign("/oauth/revoke_token/", url.Values{"client_id": {"x"}, "token": {grant["refresh_token"].(string)}}); got.status != 200 {
		t.Errorf("revoking is %d", got.status)
	}
	if got := w.ask("GET", "/v2/me/", grant["access_token"].(string), nil); got.status != 401 {
		t.Errorf("the access token is good: %d", got.status)
	}
}

func TestAMissingSlash(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	got := w.ask("GET", "/v2/sites?resource_group=", "ada", nil)
	if got.status != http.StatusPermanentRedirect || got.header.Get("Location") != "/v2/sites/?resource_group=" {
		t.Errorf("GET: %d to %s", got.status, got.header.Get("Location"))
	}
	if got := w.ask("POST", "/v2/sites", "ada", `{"name": "shop"}`); got.status != 201 {
		t.Errorf("POST: %d %s", got.status, got.body)
	}
	if got := w.ask("GET", "/v2//evil.example/%2e%2e", "ada", nil); strings.HasPrefix(got.header.Get("Location"), "//") {
		t.Errorf("sent to %s", got.header.Get("Location"))
	}
}

func TestAFaultOfGondorsOwnIsLoggedAndNotTold(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	w.put(func(tx app.Tx) error {
		return tx.Variables().Put(app.Variable{ID: idOf[app.Variable]("a"), Site: idOf[app.Site]("s"), Name: "A", Value: app.Sealed("not sealed")})
	})
	w.put(func(tx app.Tx) error {
		return tx.Sites().Put(app.Site{ID: idOf[app.Site]("s"), Name: "s", Group: idOf[app.ResourceGroup]("ada")})
	})
	got := w.ask("GET", "/v2/envvars/?site=https://gondor.test/v2/sites/"+string(idOf[app.Site]("s"))+"/", "ada", nil)
	if got.status != 500 || got.body != `{"detail":"internal error"}` {
		t.Errorf("%d %s", got.status, got.body)
	}
	for _, want := range []string{got.header.Get("X-Request-Id"), "does not open with this installation's key file", "route=/v2/envvars/"} {
		if !strings.Contains(w.logs.String(), want) {
			t.Errorf("the log has no %q: %s", want, w.logs)
		}
	}
}

func TestReferencesAreMadeOfWhereTheClientIs(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	for host, want := range map[string]string{
		"gondor.test": "https://gondor.test/v2/users/", "GONDOR.test": "https://gondor.test/v2/users/", "127.0.0.1:7": "http://127.0.0.1:7/v2/users/",
	} {
		request := w.request("GET", "/v2/me/", "ada", nil)
		request.Host = host
		if got := w.send(request); !strings.Contains(got.body, `"url":"`+want) {
			t.Errorf("at %s: %s", host, got.body)
		}
	}
}
