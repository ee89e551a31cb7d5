package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"gondor/app"
)

func TestFormsSayBesideTheFieldWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	site, instance, service := w.site("harbor")
	b := w.browser("admin")
	const invalid, conflict = http.StatusUnprocessableEntity, http.StatusConflict
	for name, c := range map[string]struct {
		path, form string
		status     int
		texts      []string // the fault, and what was typed
	}{
		"a site's name that no host can have":  {"/sites", "name=My+Site", invalid, []string{`value="My Site"`, `id="site-name-fault"`, "can&#39;t be used"}},
		"a site's name that is taken":          {"/sites", "name=harbor", conflict, []string{`value="harbor"`, "has a site called"}},
		"an instance's label that is taken":    {"/sites/SITE/instances", "label=primary&kind=staging", conflict, []string{`value="primary"`, `<option value="staging" selected>`, "has an instance labelled"}},
		"a kind that is none":                  {"/sites/SITE/instances", "label=new&kind=odd", invalid, []string{"is not a kind of instance"}},
		"a person who is not known":            {"/sites/SITE/people", "username=nobody&role=viewer", invalid, []string{`value="nobody"`, "There is no user", `<option value="viewer" selected>`}},
		"a site that is not named":             {"/sites/SITE/delete", "confirm=harbour", invalid, []string{`value="harbour"`, "Type the name of the site, harbor"}},
		"an instance that is not named":        {"/instances/INSTANCE/delete", "confirm=staging", invalid, []string{"Type the label of the instance, primary"}},
		"a service that can't be":              {"/instances/INSTANCE/services", "name=release&kind=worker&size=large&replicas=2", invalid, []string{`value="release"`, "runs once per release", `<option value="large" selected>`, `value="2"`}},
		"replicas that are no number":          {"/services/SERVICE/scale", "replicas=many", invalid, []string{`value="many"`, "is not a number"}},
		"more replicas than can be":            {"/services/SERVICE/scale", "replicas=1000", invalid, []string{`value="1000"`, "up to 100"}},
		"a size that is none":                  {"/services/SERVICE/resize", "size=huge", invalid, []string{"is not a size"}},
		"a restart of what never was deployed": {"/services/SERVICE/restart", "", conflict, []string{"has nothing to restart"}},
		"a variable's key with a blank":        {"/instances/INSTANCE/environment", "key=MY+KEY&value=typed+value&build=1", invalid, []string{`value="MY KEY"`, "typed value", " checked", "is not the name of an environment variable"}},
		"a host with a scheme":                 {"/instances/INSTANCE/hosts", "host=https%3A%2F%2Fa.example", invalid, []string{`value="https://a.example"`, "is not a host name"}},
		"a schedule of six fields":             {"/instances/INSTANCE/tasks", "name=nightly&schedule=0+30+2+*+*+*&timezone=UTC&command=true&overlap=queue&size=small&retries=2", invalid, []string{`value="0 30 2 * * *"`, "leave the seconds out", `<option value="queue" selected>`, `value="2"`}},
		"a time zone that is none":             {"/instances/INSTANCE/tasks", "name=nightly&schedule=30+2+*+*+*&timezone=Mars&command=true&overlap=skip&size=small&retries=0", invalid, []string{`value="Mars"`, "IANA list"}},
		"a receiver that is no address":        {"/sites/SITE/alerts", "address=somewhere&kind=webhook&owner=group", invalid, []string{`value="somewhere"`, "not the URL of a webhook", `<option value="webhook" selected>`, `<option value="group" selected>`}},
		"an e-mail address without a server":   {"/sites/SITE/alerts", "address=ann%40example.com", invalid, []string{`value="ann@example.com"`, "sends no mail"}},
		"a drain without a port":               {"/instances/INSTANCE/drains", "target=syslog%3A%2F%2Flogs.example.com", invalid, []string{`value="syslog://logs.example.com"`, "Has no port"}},
		"a user's short password":              {"/users", "username=sam&email=sam%40example.com&password=short&admin=1", invalid, []string{`value="sam"`, `value="sam@example.com"`, "use at least 8", " checked"}},
		"the last admin's deletion":            {"/users/ADMIN/delete", "", conflict, []string{"is the last admin"}},
		"two passwords that differ":            {"/account/password", "password=one-password&repeat=another-password", invalid, []string{"type it twice"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := strings.NewReplacer("SITE", string(site.ID), "INSTANCE", string(instance.ID), "SERVICE", string(service.ID), "ADMIN", string(w.admin.User)).Replace(c.path)
			a := b.post(path, c.form)
			a.want(c.status, c.texts...)
			a.wantNot("short\"")
			a.wantNot("one-password")
		})
	}
}

func TestFormsDoTheirWork(t *testing.T) {
	w := newWorld(t)
	b := w.browser("admin")
	page := b.post("/sites", "name=harbor").location()
	b.get(page).want(ok, "harbor has been made.", "no instance yet")
	b.get(page).wantNot("has been made.") // it is said once

	instance := b.post(page+"/instances", "label=primary&kind=production").location()
	b.get(instance).want(ok, "This instance has no service yet.", "Nothing has been deployed here yet.", "gondor deploy")
	b.post(instance+"/services", "name=web&kind=web&size=small&replicas=1").wantRedirect(instance)
	service := serviceOf(t, w, instance)
	path := "/services/" + string(service.ID)
	b.post(path+"/scale", "replicas=0&to="+instance).wantRedirect(instance)
	b.post(path+"/scale", "replicas=2&to=//evil.example").wantRedirect(path)
	b.post(path+"/resize", "size=medium").wantRedirect(path)
	b.get(path).want(ok, "web is now medium.", `value="2"`)
	b.post(path+"/delete", "").wantRedirect(instance)

	tasks := instance + "/tasks"
	b.get(tasks).want(ok, "No scheduled task yet.")
	b.post(tasks, "name=nightly&schedule=30+2+*+*+*&timezone=Europe%2FVienna&command=echo+night&overlap=skip&size=small&retries=0&catch_up=1").wantRedirect(tasks)
	b.get(tasks).want(ok, "nightly runs next at", "02:30 CE", "echo night", "Run now")
	b.post(taskPathOf(t, w, instance)+"/pause", "paused=1").wantRedirect(tasks)
	b.get(tasks).want(ok, "Paused", "Resume")
	b.post(taskPathOf(t, w, instance)+"/delete", "").wantRedirect(tasks)
	b.get(tasks).want(ok, "nightly is deleted.", "No scheduled task yet.")

	b.post(instance+"/hosts", "host=WWW.Example.com").wantRedirect(instance + "/hosts")
	b.get(instance+"/hosts").want(ok, "www.example.com reaches this instance now.")

	b.post("/users", "username=sam&password="+password).wantRedirect("/users")
	b.post(page+"/people", "username=sam&role=developer").wantRedirect(page)
	w.browser("sam").get(instance).want(ok, "harbor")

	b.post(instance+"/delete", "confirm=primary").wantRedirect(page)
	b.get(instance).want(notFound)
	b.post(page+"/delete", "confirm=harbor").wantRedirect("/")
	b.get(page).want(notFound)
}

// serviceOf is the only service of the instance at the path.
func serviceOf(t *testing.T, w *world, path string) app.Service {
	t.Helper()
	services, err := w.Services(w.ctx, w.admin, app.ID[app.Instance](strings.TrimPrefix(path, "/instances/")))
	must(t, err)
	if len(services) != 1 {
		t.Fatalf("there are %d services", len(services))
	}
	return services[0]
}

func TestValuesOfVariablesAreHiddenUntilAskedFor(t *testing.T) {
	w := newWorld(t)
	site, instance, _ := w.site("harbor")
	b := w.browser("admin")
	for _, path := range []string{"/instances/" + string(instance.ID) + "/environment", "/sites/" + string(site.ID) + "/environment"} {
		b.post(path, "key=GREETING&value=first+line%0D%0Asecond+line").wantRedirect(path)
		b.post(path, "key=TOKEN&value=token-of-builds&build=1").wantRedirect(path)
		a := b.get(path)
		a.want(ok, "TOKEN is set.", "GREETING", "build only")
		a.wantNot("first line")
		a.wantNot("token-of-builds")
		owner := app.VariableOwner{Instance: instance.ID}
		if strings.HasPrefix(path, "/sites/") {
			owner = app.VariableOwner{Site: site.ID}
		}
		set, err := w.Variables(w.ctx, w.admin, owner)
		must(t, err)
		shown := b.get(path + "?show=" + string(set[0].ID))
		shown.want(ok, "first line\nsecond line")
		shown.wantNot("token-of-builds")
		b.post(path+"/"+string(set[0].ID)+"/unset", "").wantRedirect(path)
		b.get(path).wantNot("GREETING")
	}
}

func TestDeploysAreCancelledAndRolledBack(t *testing.T) {
	w := newWorld(t)
	_, instance, _ := w.site("harbor")
	first, second := w.deploy(instance, procfile), w.deploy(instance, procfile)
	b := w.browser("admin")
	path := "/instances/" + string(instance.ID)
	b.get(path+"/releases").want(ok, "Roll back to v1")
	b.post(path+"/rollback", "to=1").wantRedirect(path)
	eventually(t, "v3 is active", func() bool {
		releases, err := w.Releases(w.ctx, w.admin, instance.ID)
		must(t, err)
		return releases[0].Number == 3 && releases[0].State == app.ReleaseActive
	})
	b.get(path).want(ok, "Rollback to v1")
	for _, release := range []app.Release{first, second} {
		b.post("/releases/"+string(release.ID)+"/cancel", "").wantRedirect("/releases/" + string(release.ID))
		b.get("/releases/"+string(release.ID)).want(ok, "can&#39;t be cancelled")
	}
	b.post(path+"/rollback", "to=77").wantRedirect(path + "/releases")
	b.get(path+"/releases").want(ok, "v77 is not a release that ran here")
}

func TestANewPasswordEndsAllOtherSignIns(t *testing.T) {
	w := newWorld(t)
	w.person("sam")
	other, b := w.browser("sam"), w.browser("sam")
	b.post("/account/password", "password=another-password&repeat=another-password").wantRedirect("/account")
	b.get("/account").want(ok, "Your password is changed")
	other.get("/account").wantRedirect("/sign-in?to=%2Faccount")
}

// taskPathOf is where the only scheduled task of an instance, given by its path, is changed.
func taskPathOf(t *testing.T, w *world, instance string) string {
	t.Helper()
	tasks, err := w.Tasks(w.ctx, w.admin, app.ID[app.Instance](strings.TrimPrefix(instance, "/instances/")))
	must(t, err)
	if len(tasks) != 1 {
		t.Fatalf("there are %d scheduled tasks", len(tasks))
	}
	return "/tasks/" + string(tasks[0].ID)
}

func TestATaskRunIsShownWithItsLog(t *testing.T) {
	w := newWorld(t)
	_, instance, _ := w.site("harbor")
	w.deploy(instance, procfile)
	_, run := w.task(instance)
	b := w.browser("admin")
	path := "/task-runs/" + string(run.ID)
	eventually(t, "the run ends", func() bool {
		now, err := w.TaskRun(w.ctx, w.admin, run.ID)
		must(t, err)
		return now.State.Ended()
	})
	b.get(path).want(ok, "failed", "Exit code", "<dd>7</dd>", "good night", "Asked for by")
	b.get("/instances/"+string(instance.ID)+"/tasks").want(ok, "class=\"strip\"", path)
	b.post(path+"/stop", "").wantRedirect(path)
	b.get(path).want(ok, "This run can&#39;t be stopped: it has ended, failed.")
}
