package web

import (
	"archive/tar"
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gondor/app"
)

// least is the table of who may do what, as the documentation has it.
var least = map[app.Action]string{
	app.ActionView: "viewer", app.ActionDeploy: "developer", app.ActionRun: "developer",
	app.ActionSecret: "developer", app.ActionManage: "developer", app.ActionOwn: "owner", app.ActionGovern: "admin",
}

// ranks orders the roles that the walk goes as.
var ranks = []string{"viewer", "developer", "owner", "admin"}

// visit says of one route what it touches. {group}, {site} and so on stand for IDs in a
// path, and for URLs in a query or a body, of the own or the foreign one.
type visit struct {
	route  string // "GET /v2/sites/:id/"
	path   string // instead of the route's own
	body   string
	action app.Action // on the group or site that is touched; "" touches none
	status int        // for who may; 0 is what the route says
	self   bool       // every role sees what is its own
	hidden bool       // only an admin may know of it
}

var visits = []visit{
	{route: "POST /oauth/token/", status: 400},
	{route: "POST /oauth/revoke_token/", status: 400},
	{route: "GET /v2/client/"},
	{route: "GET /v2/openapi.json"},
	{route: "GET /v2/me/", self: true},

	{route: "GET /v2/users/", action: app.ActionGovern},
	{route: "GET /v2/users/find/", path: "/v2/users/find/?username=ROLE", self: true},
	{route: "POST /v2/users/", body: `{"username": "someone", "password": "correct horse battery staple"}`, action: app.ActionGovern},
	{route: "GET /v2/users/:id/", path: "/v2/users/{me}/", self: true},
	{route: "PATCH /v2/users/:id/", path: "/v2/users/{me}/", body: `{"password": "short"}`, self: true, status: 400},
	{route: "DELETE /v2/users/:id/", path: "/v2/users/{newcomer}/", hidden: true},

	{route: "GET /v2/backup/", action: app.ActionGovern},
	{route: "GET /v2/disk/", action: app.ActionGovern},

	{route: "GET /v2/resource_groups/", self: true},
	{route: "GET /v2/resource_groups/find/", path: "/v2/resource_groups/find/?name={groupname}", action: app.ActionView},
	{route: "POST /v2/resource_groups/", body: `{"name": "another"}`, action: app.ActionGovern},
	{route: "GET /v2/resource_groups/:id/", path: "/v2/resource_groups/{group}/", action: app.ActionView},
	{route: "DELETE /v2/resource_groups/:id/", path: "/v2/resource_groups/{group}/", action: app.ActionOwn, status: 409},

	{route: "GET /v2/members/", path: "/v2/members/?resource_group={group}", action: app.ActionView},
	{route: "POST /v2/members/", body: `{"resource_group": "{group}", "username": "newcomer", "role": "viewer"}`, action: app.ActionOwn},
	{route: "DELETE /v2/members/:id/", path: "/v2/members/{member}/", action: app.ActionOwn},

	{route: "GET /v2/sites/", path: "/v2/sites/?resource_group={group}", action: app.ActionView},
	{route: "GET /v2/sites/find/", path: "/v2/sites/find/?name=shop&resource_group={group}", action: app.ActionView},
	{route: "POST /v2/sites/", body: `{"resource_group": "{group}", "name": "blog"}`, action: app.ActionManage},
	{route: "GET /v2/sites/:id/", path: "/v2/sites/{site}/", action: app.ActionView},
	{route: "DELETE /v2/sites/:id/", path: "/v2/sites/{site}/", action: app.ActionOwn},

	{route: "GET /v2/site_users/", path: "/v2/site_users/?site={site}", action: app.ActionView},
	{route: "POST /v2/site_users/", body: `{"site": "{site}", "email": "stranger@example.com", "role": "viewer"}`, action: app.ActionOwn},
	{route: "DELETE /v2/site_users/:id/", path: "/v2/site_users/{site_user}/", action: app.ActionOwn},

	{route: "GET /v2/instances/", path: "/v2/instances/?site={site}", action: app.ActionView},
	{route: "GET /v2/instances/find/", path: "/v2/instances/find/?label=primary&site={site}", action: app.ActionView},
	{route: "POST /v2/instances/", body: `{"site": "{site}", "label": "staging", "kind": "staging"}`, action: app.ActionManage},
	{route: "GET /v2/instances/:id/", path: "/v2/instances/{instance}/", action: app.ActionView},
	{route: "DELETE /v2/instances/:id/", path: "/v2/instances/{instance}/", action: app.ActionManage},

	{route: "GET /v2/services/", path: "/v2/services/?instance={instance}", action: app.ActionView},
	{route: "GET /v2/services/find/", path: "/v2/services/find/?name=web&instance={instance}", action: app.ActionView},
	{route: "POST /v2/services/", body: `{"instance": "{instance}", "name": "worker", "kind": "worker"}`, action: app.ActionManage},
	{route: "GET /v2/services/:id/", path: "/v2/services/{service}/", action: app.ActionView},
	{route: "PATCH /v2/services/:id/", path: "/v2/services/{service}/", body: `{"desired_replicas": 2}`, action: app.ActionDeploy},
	{route: "DELETE /v2/services/:id/", path: "/v2/services/{service}/", action: app.ActionManage},
	{route: "POST /v2/services/:id/run/", path: "/v2/services/{service}/run/", body: `{"command": "true"}`, action: app.ActionRun},
	{route: "GET /v2/instances/:id/access/log/", path: "/v2/instances/{instance}/access/log/", action: app.ActionView},
	{route: "GET /v2/services/:id/log/", path: "/v2/services/{service}/log/", action: app.ActionView},

	{route: "GET /v2/hosts/", path: "/v2/hosts/?instance={instance}", action: app.ActionView},
	{route: "GET /v2/hosts/find/", path: "/v2/hosts/find/?host={hostname}&instance={instance}", action: app.ActionView},
	{route: "POST /v2/hosts/", body: `{"instance": "{instance}", "host": "new.example.com"}`, action: app.ActionManage},
	{route: "GET /v2/hosts/:id/", path: "/v2/hosts/{host}/", action: app.ActionView},
	{route: "PATCH /v2/hosts/:id/", path: "/v2/hosts/{host}/", body: `{"keypair": null}`, action: app.ActionView},
	{route: "DELETE /v2/hosts/:id/", path: "/v2/hosts/{host}/", action: app.ActionManage},

	{route: "GET /v2/log_drains/", path: "/v2/log_drains/?instance={instance}", action: app.ActionView},
	{route: "POST /v2/log_drains/", body: `{"instance": "{instance}", "target": "https://logs.example.com/new"}`, action: app.ActionManage},
	{route: "GET /v2/log_drains/:id/", path: "/v2/log_drains/{drain}/", action: app.ActionView},
	{route: "DELETE /v2/log_drains/:id/", path: "/v2/log_drains/{drain}/", action: app.ActionManage},

	{route: "GET /v2/envvars/", path: "/v2/envvars/?instance={instance}", action: app.ActionSecret},
	{route: "POST /v2/envvars/", body: `[{"instance": "{instance}", "key": "A", "value": "1"}]`, action: app.ActionSecret},
	{route: "DELETE /v2/envvars/:id/", path: "/v2/envvars/{envvar}/", action: app.ActionSecret},

	{route: "GET /v2/builds/", path: "/v2/builds/?site={site}", action: app.ActionView},
	{route: "POST /v2/builds/", body: `{"site": "{site}", "instance": "{instance}"}`, action: app.ActionDeploy},
	{route: "GET /v2/builds/:id/", path: "/v2/builds/{build}/", action: app.ActionView},
	{route: "PUT /v2/builds/:id/", path: "/v2/builds/{waiting}/", body: emptyTar(), action: app.ActionDeploy},
	{route: "POST /v2/builds/:id/attach/", path: "/v2/builds/{build}/attach/", action: app.ActionView},
	{route: "POST /v2/builds/:id/cancel/", path: "/v2/builds/{waiting}/cancel/", action: app.ActionDeploy},
	{route: "GET /v2/builds/:id/log/", path: "/v2/builds/{build}/log/", action: app.ActionView},

	{route: "GET /v2/releases/", path: "/v2/releases/?instance={instance}", action: app.ActionView},
	{route: "POST /v2/releases/", body: `{"instance": "{instance}", "build": "{build}"}`, action: app.ActionDeploy},
	{route: "POST /v2/releases/rollback/", body: `{"instance": "{instance}", "to": 1}`, action: app.ActionDeploy},
	{route: "GET /v2/releases/:id/", path: "/v2/releases/{release}/", action: app.ActionView},
	{route: "POST /v2/releases/:id/cancel/", path: "/v2/releases/{pending}/cancel/", action: app.ActionDeploy},
	{route: "GET /v2/releases/:id/log/", path: "/v2/releases/{release}/log/", action: app.ActionView},

	{route: "GET /v2/deployments/", path: "/v2/deployments/?instance={instance}", action: app.ActionView},
	{route: "POST /v2/deployments/", body: `{"service": "{service}", "build": "{build}"}`, action: app.ActionDeploy},
	{route: "GET /v2/deployments/:id/", path: "/v2/deployments/{deployment}/", action: app.ActionView},

	{route: "GET /v2/scheduled_tasks/", path: "/v2/scheduled_tasks/?instance={instance}", action: app.ActionView},
	{route: "GET /v2/scheduled_tasks/find/", path: "/v2/scheduled_tasks/find/?name=nightly&instance={instance}", action: app.ActionView},
	{route: "POST /v2/scheduled_tasks/", body: `{"instance": "{instance}", "name": "more", "schedule": "* * * * *", "command": "true"}`, action: app.ActionManage},
	{route: "GET /v2/scheduled_tasks/:id/", path: "/v2/scheduled_tasks/{task}/", action: app.ActionView},
	{route: "PATCH /v2/scheduled_tasks/:id/", path: "/v2/scheduled_tasks/{task}/", body: `{"paused": true}`, action: app.ActionManage},
	{route: "DELETE /v2/scheduled_tasks/:id/", path: "/v2/scheduled_tasks/{task}/", action: app.ActionManage},
	{route: "POST /v2/scheduled_tasks/:id/run/", path: "/v2/scheduled_tasks/{task}/run/", action: app.ActionRun},

	{route: "GET /v2/task_runs/", path: "/v2/task_runs/?task={task}", action: app.ActionView},
	{route: "GET /v2/task_runs/:id/", path: "/v2/task_runs/{task_run}/", action: app.ActionView},
	{route: "POST /v2/task_runs/:id/stop/", path: "/v2/task_runs/{task_run}/stop/", action: app.ActionRun},
	{route: "GET /v2/task_runs/:id/log/", path: "/v2/task_runs/{task_run}/log/", action: app.ActionView},

	{route: "GET /v2/runs/", path: "/v2/runs/?instance={instance}", action: app.ActionRun},
	{route: "GET /v2/runs/:id/", path: "/v2/runs/{run}/", action: app.ActionRun},
	{route: "POST /v2/runs/:id/stop/", path: "/v2/runs/{run}/stop/", action: app.ActionRun},
	{route: "GET /v2/runs/:id/log/", path: "/v2/runs/{run}/log/", action: app.ActionRun},

	{route: "GET /v2/logs/", path: "/v2/logs/?instance={instance}", action: app.ActionView},

	{route: "GET /v2/instance_events/", path: "/v2/instance_events/?instance={instance}", action: app.ActionView},

	{route: "GET /v2/alerts/", path: "/v2/alerts/?instance={instance}", action: app.ActionView},
	{route: "GET /v2/alert_receivers/", path: "/v2/alert_receivers/?site={site}", action: app.ActionView},
	{route: "POST /v2/alert_receivers/", body: `{"site": "{site}", "address": "https://example.com/ROLE"}`, action: app.ActionManage},
	{route: "GET /v2/alert_receivers/:id/", path: "/v2/alert_receivers/{receiver}/", action: app.ActionView},
	{route: "POST /v2/alert_receivers/:id/test/", path: "/v2/alert_receivers/{receiver}/test/", action: app.ActionManage},
	{route: "DELETE /v2/alert_receivers/:id/", path: "/v2/alert_receivers/{receiver}/", action: app.ActionManage},

	{route: "GET /v2/events/", path: "/v2/events/?instance={instance}", action: app.ActionView},
}

func emptyTar() string {
	var b bytes.Buffer
	_ = tar.NewWriter(&b).Close()
	return b.String()
}

// nouns are the collections and IDs that a placeholder stands for.
func nouns(group string) map[string][2]string {
	return map[string][2]string{
		"group":      {"resource_groups", string(idIn[app.ResourceGroup](group, "group"))},
		"member":     {"members", string(idIn[app.Member](group, "member"))},
		"site":       {"sites", string(idIn[app.Site](group, "site"))},
		"site_user":  {"site_users", string(idIn[app.SiteUser](group, "site user"))},
		"instance":   {"instances", string(idIn[app.Instance](group, "instance"))},
		"service":    {"services", string(idIn[app.Service](group, "service"))},
		"host":       {"hosts", string(idIn[app.Host](group, "host"))},
		"drain":      {"log_drains", string(idIn[app.Drain](group, "drain"))},
		"envvar":     {"envvars", string(idIn[app.Variable](group, "variable"))},
		"build":      {"builds", string(idIn[app.Build](group, "build"))},
		"waiting":    {"builds", string(idIn[app.Build](group, "waiting build"))},
		"task":       {"scheduled_tasks", string(idIn[app.ScheduledTask](group, "task"))},
		"task_run":   {"task_runs", string(idIn[app.TaskRun](group, "task run"))},
		"receiver":   {"alert_receivers", string(idIn[app.Receiver](group, "receiver"))},
		"run":        {"runs", string(idIn[app.Run](group, "run"))},
		"release":    {"releases", string(idIn[app.Release](group, "release"))},
		"pending":    {"releases", string(idIn[app.Release](group, "pending release"))},
		"deployment": {"deployments", string(idIn[app.Deployment](group, "deployment"))},
	}
}

// fill puts the IDs and URLs of a group's things where their placeholders stand.
func fill(text, role, group string, inPath bool) string {
	for name, noun := range nouns(group) {
		to := fmt.Sprintf("https://gondor.test/v2/%s/%s/", noun[0], noun[1])
		if inPath {
			to = noun[1]
		}
		text = strings.ReplaceAll(text, "{"+name+"}", to)
	}
	return strings.NewReplacer(
		"ROLE", role, "{me}", string(idOf[app.User](role)), "{newcomer}", string(idOf[app.User]("newcomer")),
		"{groupname}", group, "{hostname}", "www."+group+".example",
	).Replace(text)
}

func (v visit) request(w *world, role, group string) *http.Request {
	method, path, _ := strings.Cut(v.route, " ")
	if v.path != "" {
		path = v.path
	}
	path, query, _ := strings.Cut(path, "?")
	path = fill(path, role, group, true)
	values, _ := url.ParseQuery(fill(query, role, group, false))
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	token := role
	if role == "" {
		token = ""
	}
	return w.request(method, path, token, fill(v.body, role, group, false))
}

// wanted is the status that the table of roles asks for.
func (v visit) wanted(role, group string, r route) int {
	success := r.status
	if v.status != 0 {
		success = v.status
	}
	switch {
	case r.open:
		return success
	case role == "":
		return http.StatusUnauthorized
	case v.self || role == "admin":
		return success
	case v.action == app.ActionGovern:
		return http.StatusForbidden
	case v.hidden || group == "foreign" || role == "stranger":
		return http.StatusNotFound
	case rank(role) < rank(least[v.action]):
		return http.StatusForbidden
	}
	return success
}

func rank(role string) int { return strings.Index(strings.Join(ranks, " "), role) }

func TestEveryRouteForEveryRoleOnOwnAndForeignThings(t *testing.T) {
	frozen := freeze(t, (*world).estate)
	routes := map[string]route{}
	for _, r := range (&server{}).routes() {
		routes[r.method+" "+r.path] = r
	}
	seen := map[string]bool{}
	for _, v := range visits {
		r, served := routes[v.route]
		if !served {
			t.Errorf("%s is visited and not served", v.route)
			continue
		}
		seen[v.route] = true
		t.Run(v.route, func(t *testing.T) {
			t.Parallel()
			v.walk(t, frozen, r)
		})
	}
	for name := range routes {
		if !seen[name] {
			t.Errorf("%s is served and not visited", name)
		}
	}
}

// walk visits a route as everybody. Who is refused leaves everything as it was, so one
// world serves until somebody was let in.
func (v visit) walk(t *testing.T, frozen string, r route) {
	w := thaw(t, frozen)
	for _, group := range []string{"foreign", "own"} {
		for _, role := range []string{"", "stranger", "viewer", "developer", "owner", "admin"} {
			want := v.wanted(role, group, r)
			got := v.visitAs(w, role, group)
			if got.status != want {
				t.Errorf("%q on the %s one: %d, want %d: %s", role, group, got.status, want, got.body)
			}
			if got.status < 400 && r.method != http.MethodGet {
				w = thaw(t, frozen)
			}
		}
	}
}

func (v visit) visitAs(w *world, role, group string) answer {
	request := v.request(w, role, group)
	if !strings.HasPrefix(v.route, "GET /v2/events/") {
		return w.send(request)
	}
	response, err := http.DefaultTransport.RoundTrip(request) // its body does not end
	must(w.t, err)
	defer response.Body.Close()
	return answer{status: response.StatusCode}
}
