package ui_test

import (
	"fmt"
	"testing"
	"time"

	"gondor/app"
)

func TestWhatHappenedIsTold(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"viewer", "developer"} {
		w.person(name)
	}
	site, instance, web := w.site("harbor")
	for _, role := range []app.Role{app.Developer, app.Viewer} {
		_, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: site.ID, Username: string(role), Role: role})
		must(t, err)
	}
	release := w.deploy(instance, procfile)
	run := w.run(web, "true")
	failed := w.build(instance, "this is no Procfile")
	page, feed := "/instances/"+string(instance.ID), "/instances/"+string(instance.ID)+"/events"
	link := func(path, word string) string { return fmt.Sprintf(`<a href="%s">%s</a>`, path, word) }

	t.Run("with who did it and what it leads to", func(t *testing.T) {
		for _, path := range []string{page, feed} {
			a := w.browser("developer").get(path)
			a.want(ok, "v1 is active", "By admin.", "Warning: ",
				link("/releases/"+string(release.ID), "Release"), link("/builds/"+string(failed.ID), "Build"), link("/runs/"+string(run.ID), "Run"))
		}
	})
	t.Run("without a link to what is not for who looks", func(t *testing.T) {
		a := w.browser("viewer").get(feed)
		a.want(ok, "A process was started in web.")
		a.wantNot("/runs/")
	})
	t.Run("or to what is gone", func(t *testing.T) {
		other, err := w.CreateService(w.ctx, w.admin, app.NewService{Instance: instance.ID, Name: "clock", Kind: app.Worker})
		must(t, err)
		w.browser("admin").get(feed).want(ok, link("/services/"+string(other.ID), "Service"))
		must(t, w.DeleteService(w.ctx, w.admin, other.ID))
		a := w.browser("admin").get(feed)
		a.want(ok, "The service clock was deleted.")
		a.wantNot("/services/" + string(other.ID))
	})
	t.Run("by days", func(t *testing.T) {
		must(t, w.Store.Update(w.ctx, func(tx app.Tx) error {
			for i, at := range []time.Time{time.Date(2026, 3, 1, 23, 59, 0, 0, time.UTC), time.Date(2026, 3, 2, 0, 1, 0, 0, time.UTC)} {
				if err := tx.Events().Put(app.Event{ID: app.ID[app.Event](fmt.Sprint(i)), Instance: instance.ID, At: at, Text: "Long ago."}); err != nil {
					return err
				}
			}
			return nil
		}))
		w.browser("admin").get(feed).want(ok, `<h3 class="day">Sunday, 1 March 2026</h3>`, `<h3 class="day">Monday, 2 March 2026</h3>`)
	})
}

func TestWhatHappensIsToldInARealBrowser(t *testing.T) {
	w := newWorld(t)
	_, instance, web := w.site("harbor")
	b := w.chromium()
	b.signIn()
	for n, path := range []string{"/instances/" + string(instance.ID), "/instances/" + string(instance.ID) + "/events"} {
		b.open(path)
		b.so(`document.querySelector("#feed").innerText.includes("The service web was made.")`)
		must(t, second(w.Scale(w.ctx, w.admin, web.ID, n+2)))
		b.so(fmt.Sprintf(`document.querySelector("#feed .event").innerText.includes("to %d.")`, n+2))
	}
	b.so(`document.querySelectorAll("#feed .day").length == 1`)
}
