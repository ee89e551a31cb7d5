package web

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"gondor/app"
)

// oldClient speaks the API as the first clients did, by its wire alone.
type oldClient struct {
	*world
	token string
}

// sign posts a form of OAuth.
func (w *world) sign(path string, form url.Values) (answer, map[string]any) {
	w.t.Helper()
	request := w.request("POST", path, "", form.Encode())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got := w.send(request)
	var fields map[string]any
	must(w.t, json.Unmarshal([]byte(got.body), &fields))
	return got, fields
}

// call makes a request that must succeed and returns its answer.
func (c *oldClient) call(method, at, body string) any {
	c.t.Helper()
	got := c.ask(method, strings.TrimPrefix(at, "https://gondor.test"), c.token, body)
	if got.status/100 != 2 {
		c.t.Fatalf("%s %s: %d %s", method, at, got.status, got.body)
	}
	var value any
	if got.body != "" {
		must(c.t, json.Unmarshal([]byte(got.body), &value))
	}
	return value
}

func (c *oldClient) object(method, at, body string) map[string]any {
	c.t.Helper()
	return c.call(method, at, body).(map[string]any)
}

func TestAClientOfTheFirstDaysDeploysASite(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.person("ada", false)
	w.run()
	_, grant := w.sign("/oauth/token/", url.Values{"grant_type": {"password"}, "client_id": {"x"}, "username": {"ada"}, "password": {password}})
	_, grant = w.sign("/oauth/token/", url.Values{"grant_type": {"refresh_token"}, "client_id": {"x"}, "refresh_token": {grant["refresh_token"].(string)}})
	c := &oldClient{world: w, token: grant["access_token"].(string)}

	me := c.object("GET", "/v2/me/", "")
	group := me["resource_group"].(map[string]any)
	if me["username"] != "ada" || group["name"] != "ada" || group["id"].(float64) < 1 {
		t.Errorf("me is %v", me)
	}
	if versions := c.object("GET", "/v2/client/", ""); versions["download_url"] == nil {
		t.Errorf("client is %v", versions)
	}
	site := c.object("POST", "/v2/sites/", `{"name": "shop", "resource_group": "`+group["url"].(string)+`"}`)
	at := site["url"].(string)
	if site["key"] == "" || !strings.HasPrefix(at, "https://gondor.test/v2/sites/") {
		t.Errorf("site is %v", site)
	}
	if found := c.object("GET", "/v2/sites/find/?"+url.Values{"name": {"shop"}, "resource_group": {group["url"].(string)}}.Encode(), ""); found["url"] != at {
		t.Errorf("found %v", found)
	}
	instance := c.object("POST", "/v2/instances/", `{"site": "`+at+`", "label": "primary", "kind": "production"}`)
	// It sends back whole resources, url and state included, and nulls.
	service := c.object("POST", "/v2/services/", `{"instance": "`+instance["url"].(string)+`", "name": "web", "kind": "web", "version": null, "open_ports": "", "replicas": 1, "state": "new", "env": {}}`)
	if service["state"] != "new" || service["web_url"] != "https://shop.gondor.test" && service["web_url"] != "https://shop.gondor.test/" {
		t.Errorf("service is %v", service)
	}
	c.setVariables(at)
	build := c.object("POST", "/v2/builds/", `{"site": "`+at+`", "instance": "`+instance["url"].(string)+`", "label": "shop-main-0123abcd", "buildpack_url": ""}`)
	if output, reason := c.upload(build["url"].(string)); !strings.Contains(output, "built") || reason != "" {
		t.Errorf("the build wrote %q and ended with %q", output, reason)
	}
	deployment := c.object("POST", "/v2/deployments/", `{"service": "`+service["url"].(string)+`", "build": "`+build["url"].(string)+`"}`)
	if deployment["creator"] != "ada" || deployment["service"] != service["url"] {
		t.Errorf("deployment is %v", deployment)
	}
	if state := c.await(service["url"].(string), "deploying"); state != "running" {
		t.Errorf("the service became %s", state)
	}
	c.changeService(service["url"].(string))
	if output, reason := c.run(service["url"].(string), "echo out; exit 3"); output != "out\n" || reason != "exit status 3" {
		t.Errorf("run wrote %q and ended with %q", output, reason)
	}
	c.call("DELETE", at, "")
	if got := w.ask("GET", strings.TrimPrefix(at, "https://gondor.test"), c.token, nil); got.status != 404 || got.body != `{"detail":"no such site"}` {
		t.Errorf("the deleted site is %d %s", got.status, got.body)
	}
}

func (c *oldClient) setVariables(site string) {
	c.t.Helper()
	c.call("POST", "/v2/envvars/", `[{"site": "`+site+`", "key": "A", "value": "1"}, {"site": "`+site+`", "key": "B", "value": "2"}]`)
	list := c.call("GET", "/v2/envvars/?site="+url.QueryEscape(site), "").([]any)
	if len(list) != 2 || list[0].(map[string]any)["value"] != "1" {
		c.t.Errorf("variables are %v", list)
	}
	got := c.ask("POST", "/v2/envvars/", c.token, `[{"site": "`+site+`", "key": "C", "value": "1"}, {"site": "`+site+`", "key": "9", "value": "2"}]`)
	var faults []map[string][]string
	must(c.t, json.Unmarshal([]byte(got.body), &faults))
	if got.status != 400 || len(faults) != 2 || len(faults[0]) != 0 || len(faults[1]["key"]) != 1 {
		c.t.Errorf("faults are %d %s", got.status, got.body)
	}
}

// upload sends a source and follows the build.
func (c *oldClient) upload(build string) (output, reason string) {
	c.t.Helper()
	var source bytes.Buffer
	archive := tar.NewWriter(&source)
	must(c.t, archive.WriteHeader(&tar.Header{Name: "Procfile", Mode: 0o644, Size: 10}))
	_, err := archive.Write([]byte("web: serve"))
	must(c.t, err)
	must(c.t, archive.Close())
	request := c.request("PUT", strings.TrimPrefix(build, "https://gondor.test"), c.token, source.String())
	request.Header.Set("Content-Type", "application/x-tar")
	request.Header.Set("Content-Disposition", "attachment; filename=blob.tar")
	got := c.send(request)
	var answer struct{ Endpoint string }
	must(c.t, json.Unmarshal([]byte(got.body), &answer))
	return c.attach(answer.Endpoint)
}

func (c *oldClient) run(service, command string) (output, reason string) {
	c.t.Helper()
	answer := c.object("POST", service+"run/", `{"command": "`+command+`", "size": "medium"}`)
	return c.attach(answer["endpoint"].(string))
}

// attach joins a process without a subprotocol. Its host is gondor.test; the test goes to
// the listener instead.
func (c *oldClient) attach(endpoint string) (output, reason string) {
	c.t.Helper()
	path, own := strings.CutPrefix(endpoint, "gondor.test/")
	if !own {
		c.t.Fatalf("endpoint is %q", endpoint)
	}
	ok, err := http.Get(c.server.URL + "/" + path + "/ok")
	must(c.t, err)
	ok.Body.Close()
	if ok.StatusCode != 200 {
		c.t.Fatalf("ok is %d", ok.StatusCode)
	}
	socket, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(c.server.URL, "http")+"/"+path+"/",
		http.Header{"X-Pipe-Opts": {`{"tty":false}`}, "Origin": {"http://localhost"}})
	must(c.t, err)
	defer socket.Close()
	must(c.t, socket.WriteMessage(websocket.BinaryMessage, []byte{0}))
	for {
		_, message, err := socket.ReadMessage()
		if err != nil {
			return output, reason
		}
		switch message[0] {
		case 1:
			output += string(message[1:])
		case 3:
			reason += string(message[1:])
		}
	}
}

// await polls a service as long as it is in a state.
func (c *oldClient) await(service, while string) string {
	c.t.Helper()
	state := ""
	eventually(c.t, "the service leaves "+while, func() bool {
		state = c.object("GET", service, "")["state"].(string)
		return state != while && state != "new"
	})
	return state
}

func (c *oldClient) changeService(service string) {
	c.t.Helper()
	if got := c.object("PATCH", service, `{"desired_replicas": 2}`); got["replicas"] != 2.0 {
		c.t.Errorf("scaled to %v", got["replicas"])
	}
	if got := c.object("PATCH", service, `{"size": "large"}`); got["size"] != "large" {
		c.t.Errorf("resized to %v", got["size"])
	}
	c.object("PATCH", service, `{"desired_state": "restarted"}`)
	if state := c.await(service, "restarting"); state != "running" {
		c.t.Errorf("restarted, it is %s", state)
	}
}

func TestAClientOfTheFirstDaysIsToldThatItsDeployFailed(t *testing.T) {
	w := thaw(t, freeze(t, (*world).estate))
	w.engine.sick = true
	w.run()
	c := &oldClient{world: w, token: "developer"}
	service := "https://gondor.test/v2/services/" + string(idIn[app.Service]("own", "service")) + "/"
	if state := c.await(service, "deploying"); state != "failed" {
		t.Errorf("it became %s", state)
	}
	got := c.object("GET", service, "")
	if got["release"] != 1.0 || !strings.Contains(got["message"].(string), "no such module") {
		t.Errorf("it runs %v, because: %v", got["release"], got["message"])
	}
}
