package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"gondor/app"
	"gondor/web/api"
)

// logPage asks for a page of the logs of the own instance.
func (w *world) logPage(query url.Values) (texts []string, token string) {
	w.t.Helper()
	query.Set("instance", "https://gondor.test/v2/instances/"+string(idIn[app.Instance]("own", "instance"))+"/")
	got := w.ask(http.MethodGet, "/v2/logs/?"+query.Encode(), "viewer", nil)
	if got.status != http.StatusOK {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	var lines []api.PageLine
	must(w.t, json.Unmarshal([]byte(got.body), &lines))
	for _, line := range lines {
		texts = append(texts, line.Tag+" "+line.Log)
	}
	return texts, got.header.Get(pageTokenHeader)
}

func TestPagesOfLogsMissNoLineAndTellNoneTwice(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.estate()
	worker := app.Service{ID: idOf[app.Service]("worker"), Instance: idIn[app.Instance]("own", "instance"), Name: "worker", Kind: app.Worker}
	w.put(func(tx app.Tx) error { return tx.Services().Put(worker) })
	web := app.Service{ID: idIn[app.Service]("own", "service"), Instance: worker.Instance}
	must(t, w.engine.Write(t.Context(), app.AccessLog(worker.Instance), app.LogLine{Time: time.Now().Add(-time.Minute), Stream: app.Router, Text: "method=GET"}))
	if page, _ := w.logPage(url.Values{}); !slices.Equal(page, []string{"router method=GET"}) {
		t.Errorf("before the services write, the page has %q", page)
	}
	write := func(from, to int) {
		for i := from; i <= to; i++ {
			log := app.ServiceLog(web)
			if i%3 == 0 {
				log = app.ServiceLog(worker)
			}
			must(t, w.engine.Append(t.Context(), log, fmt.Sprint(i)))
		}
	}
	write(1, 7)
	first, token := w.logPage(url.Values{"size": {"4"}})
	if want := []string{"web 4", "web 5", "worker 6", "web 7"}; !slices.Equal(first, want) {
		t.Errorf("the newest page has %q, want %q", first, want)
	}
	write(8, 14)
	var told []string
	for {
		page, next := w.logPage(url.Values{"size": {"3"}, "page_token": {token}})
		if len(page) == 0 {
			break
		}
		if len(page) > 3 {
			t.Fatalf("a page of 3 lines has %q", page)
		}
		told, token = append(told, page...), next
	}
	if want := []string{"web 8", "worker 9", "web 10", "web 11", "worker 12", "web 13", "web 14"}; !slices.Equal(told, want) {
		t.Errorf("the pages behind have %q, want %q", told, want)
	}
}

func TestAPageTokenThatIsNoneIsRefused(t *testing.T) {
	w := newWorld(t, t.TempDir())
	w.estate()
	for _, query := range []string{"page_token=x", "after=yesterday", "size=-1", "size=many"} {
		instance := "https://gondor.test/v2/instances/" + string(idIn[app.Instance]("own", "instance")) + "/"
		if got := w.ask(http.MethodGet, "/v2/logs/?instance="+instance+"&"+query, "viewer", nil); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
}
