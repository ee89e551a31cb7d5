package ui_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestDrainsAreListedWithHowTheyStand(t *testing.T) {
	w := newWorld(t)
	w.runDrains()
	site, instance, web := w.site("harbor")
	w.cast(site)
	w.deploy(instance, procfile)
	far := newFarEnd(t)
	far.down.Store(true)
	target := strings.Replace(far.url, "http://", "http://user:unseen@", 1) + "/unseen"
	path := "/instances/" + string(instance.ID)
	b, v := w.browser("developer"), w.browser("viewer")

	v.get(path + "/logs").wantNot("Log drains")
	b.get(path+"/logs").want(ok, "Log drains", "sent nowhere else")
	b.post(path+"/drains", "target="+url.QueryEscape(target)).wantRedirect(path + "/logs")
	must(t, second(w.Restart(w.ctx, w.admin, web.ID)))

	t.Run("with their secrets masked, for who may only see them too", func(t *testing.T) {
		for _, one := range []*browser{b, v} {
			a := one.get(path + "/logs")
			a.want(ok, "http://***@127.0.0.1", "/***")
			a.wantNot("unseen")
		}
		v.get(path + "/logs").wantNot(`<form method="post"`)
		v.post(path+"/drains", "target=http%3A%2F%2Fexample.com").want(forbidden)
	})
	t.Run("with what is wrong, until it is well", func(t *testing.T) {
		shows := func(text string) func() bool {
			return func() bool { return strings.Contains(v.get(path+"/logs?section=drains").body, text) }
		}
		eventually(t, "it fails", shows("failing"))
		v.get(path+"/logs?section=drains").want(ok, "503")
		far.down.Store(false)
		eventually(t, "it is well", shows("well"))
		if body := <-far.asked; !strings.Contains(body, "the site starts") {
			t.Errorf("it was sent %s", body)
		}
	})
	t.Run("until they are deleted", func(t *testing.T) {
		drains, err := w.Drains(w.ctx, w.admin, instance.ID)
		must(t, err)
		v.post("/drains/"+string(drains[0].ID)+"/delete", "").want(forbidden)
		b.post("/drains/"+string(drains[0].ID)+"/delete", "").wantRedirect(path + "/logs")
		b.get(path+"/logs").want(ok, "Nothing more is sent to http://***@127.0.0.1", "sent nowhere else")
	})
}

func TestADrainComesRightInARealBrowser(t *testing.T) {
	w := newWorld(t)
	w.runDrains()
	_, instance, web := w.site("harbor")
	w.deploy(instance, procfile)
	far := newFarEnd(t)
	b := w.chromium()
	b.signIn()
	b.open("/instances/" + string(instance.ID) + "/logs")
	b.js(`document.querySelector("#drain-target").value = ` + "`" + far.url + "`")
	b.js(`document.querySelector("#drain-target").form.requestSubmit()`)
	b.so(`document.querySelector("#drain-list").innerText.includes("nothing sent yet")`)
	must(t, second(w.Restart(w.ctx, w.admin, web.ID)))
	b.so(`document.querySelector("#drain-list .state").innerText == "well"`)
}
