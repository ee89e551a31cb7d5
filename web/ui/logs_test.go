package ui_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gondor/app"
)

// writer is a worker that writes what it is told to.
const writer = procfile + `worker: touch "$DATA_DIR/lines"; exec tail -n +1 -f "$DATA_DIR/lines"` + "\n"

// writing deploys a site whose worker can be told what to write.
func (w *world) writing() (app.Instance, app.Service) {
	w.t.Helper()
	_, instance, web := w.site("harbor")
	_, err := w.CreateService(w.ctx, w.admin, app.NewService{Instance: instance.ID, Name: "worker", Kind: app.Worker})
	must(w.t, err)
	if release := w.deploy(instance, writer); release.State != app.ReleaseActive {
		w.t.Fatalf("the release is %s: %s", release.State, release.Message)
	}
	return instance, web
}

// run runs a command in a service and waits for its end.
func (w *world) run(service app.Service, command string) app.Run {
	w.t.Helper()
	run, _, err := w.RunProcess(w.ctx, w.admin, app.NewRun{Service: service.ID, Command: command, Detached: true})
	must(w.t, err)
	eventually(w.t, command+" ends", func() bool {
		run, err = w.OneRun(w.ctx, w.admin, run.ID)
		must(w.t, err)
		return run.State.Over()
	})
	if run.Exit.Code != 0 {
		w.t.Fatalf("%s ended with %d", command, run.Exit.Code)
	}
	return run
}

// write makes the worker write lines.
func (w *world) write(web app.Service, lines ...string) {
	w.t.Helper()
	w.run(web, "cat >> \"$DATA_DIR/lines\" <<'EOF'\n"+strings.Join(lines, "\n")+"\nEOF")
}

// wrote waits until the worker has written a line.
func (w *world) wrote(path, text string) {
	w.t.Helper()
	eventually(w.t, text+" is written", func() bool { return strings.Contains(w.browser("admin").get(path).body, text) })
}

func TestTheLogsOfAnInstanceAreOne(t *testing.T) {
	w := newWorld(t)
	instance, web := w.writing()
	path := "/instances/" + string(instance.ID) + "/logs"
	b := w.browser("admin")
	w.write(web, "ERROR the harbor is full", "[warn] the tide is low", "a plain line", "DEBUG=True (a.b)")
	w.wrote(path, "DEBUG=True")
	get := func(query url.Values) answer { return b.get(path + "?" + query.Encode()) }

	t.Run("of all services, each line with its service and its level", func(t *testing.T) {
		a := b.get(path)
		a.want(ok, "the site starts", "<b>web-", "<b>worker-", "the harbor is full")
		if !regexp.MustCompile(`<div class="line stdout error">.*<em>error</em><span>ERROR the harbor is full`).MatchString(a.body) {
			t.Error("the level of a line is not shown")
		}
	})
	t.Run("of one service", func(t *testing.T) {
		a := get(url.Values{"service": {"worker"}})
		a.want(ok, "the harbor is full", `<option value="worker" selected>`)
		a.wantNot("the site starts")
		get(url.Values{"service": {"nobody"}}).want(notFound)
	})
	t.Run("and of the router", func(t *testing.T) {
		must(t, w.LogAccess(w.ctx, instance.ID, []app.LogLine{{Time: time.Now(), Stream: app.Router, Text: "method=GET path=/ships status=502 bytes=0"}}))
		b.get(path).want(ok, `<b>router</b><em>error</em><span>method=GET path=/ships`, "the harbor is full")
		a := get(url.Values{"service": {"router"}})
		a.want(ok, "path=/ships")
		a.wantNot("the harbor is full")
		b.listen(path+"/stream?service=router", "").text("path=/ships")
	})
	t.Run("with a text, in capitals and small letters", func(t *testing.T) {
		a := get(url.Values{"search": {"HARBOR IS"}})
		a.want(ok, "the harbor is full")
		a.wantNot("the tide")
		get(url.Values{"search": {"(a.b)"}}).want(ok, "DEBUG=True")
		get(url.Values{"search": {"(axb)"}}).wantNot("DEBUG=True")
	})
	t.Run("that match a regular expression", func(t *testing.T) {
		a := get(url.Values{"search": {"har.or|tide"}, "regexp": {"1"}})
		a.want(ok, "the harbor is full", "the tide is low")
		a.wantNot("a plain line")
	})
	t.Run("of some time", func(t *testing.T) {
		get(url.Values{"since": {"1h"}}).want(ok, "the harbor is full")
		get(url.Values{"until": {"1h"}}).wantNot("the harbor is full")
		get(url.Values{"since": {"2001-01-01 12:00"}, "until": {"2001-01-02"}, "zone": {"Europe/Vienna"}}).want(ok, "Nothing was written.")
	})
	t.Run("or a sentence at the field at fault", func(t *testing.T) {
		get(url.Values{"search": {"har("}, "regexp": {"1"}}).want(422, `id="logs-search-fault"`, "is not a regular expression", `value="har("`)
		get(url.Values{"since": {"yesterday"}}).want(422, `id="logs-since-fault"`, "is not a time")
	})
	t.Run("go on as they are written", func(t *testing.T) {
		s := b.listen(path+"/stream?search=harbor", "")
		if e := s.next(); e.data["level"] != "error" || e.data["mark"] != "error" || !strings.HasPrefix(e.data["replica"].(string), "worker-") {
			t.Errorf("the line is told as %v", e.data)
		}
		w.write(web, "something else", "the harbor is empty")
		last := s.text("the harbor is empty")
		w.write(web, "the harbor has sunk")
		if e := b.listen(path+"/stream?search=harbor&after="+last.id, "").next(); !strings.Contains(e.data["text"].(string), "sunk") {
			t.Errorf("behind that comes %v", e.data)
		}
	})
}

func TestOlderLinesOfAllLogsAreReadInPages(t *testing.T) {
	w := newWorld(t)
	instance, web := w.writing()
	path := "/instances/" + string(instance.ID) + "/logs"
	const lines = 1234
	w.run(web, fmt.Sprintf(`seq -f "line %%g." %d >> "$DATA_DIR/lines"`, lines))
	w.wrote(path, fmt.Sprintf("line %d.", lines))
	seen, pages := map[string]int{}, 0
	b := w.browser("admin")
	for at := path + "?service=worker"; at != ""; pages++ {
		a := b.get(at)
		a.want(ok)
		for _, line := range regexp.MustCompile(`<span>(line \d+\.)</span>`).FindAllStringSubmatch(a.body, -1) {
			seen[line[1]]++
		}
		at = ""
		if link := regexp.MustCompile(`href="([^"]+)" data-older`).FindStringSubmatch(a.body); link != nil {
			at = strings.ReplaceAll(link[1], "&amp;", "&")
		}
	}
	if len(seen) != lines || pages != 3 {
		t.Errorf("%d of %d lines are on %d pages", len(seen), lines, pages)
	}
	for line, times := range seen {
		if times != 1 {
			t.Errorf("%s is there %d times", line, times)
		}
	}
}

func TestLogsInARealBrowser(t *testing.T) {
	w := newWorld(t)
	instance, web := w.writing()
	path := "/instances/" + string(instance.ID) + "/logs"
	w.run(web, `seq -f "old line %g." 1200 >> "$DATA_DIR/lines"`)
	w.wrote(path, "old line 1200.")
	b := w.chromium()
	b.signIn()

	t.Log("the end is shown, and goes on as it is written")
	b.open(path)
	b.so(`document.querySelector(".log").innerText.includes("old line 1200.")`)
	w.write(web, "ERROR the harbor is full")
	b.so(`document.querySelector(".line.error em")?.innerText == "error"`)
	b.so(`(e => e.scrollHeight - e.scrollTop - e.clientHeight < 40)(document.querySelector(".log"))`)

	t.Log("who reads further up is not disturbed, and led back by a button")
	b.so(`document.querySelector("[data-newest]").hidden`)
	b.js(`document.querySelector(".log").scrollTop = 1000`)
	b.so(`document.querySelector("[data-newest]").innerText.startsWith("Newest")`)
	w.write(web, "the tide comes", "the tide goes")
	b.so(`document.querySelector("[data-newest]").innerText == "2 new lines ↓"`)
	b.so(`document.querySelector(".log").scrollTop == 1000 && !document.querySelector(".log").innerText.includes("the tide goes")`)
	b.do(chromedp.Click(chromedp.CSS("[data-newest]")))
	b.so(`document.querySelector(".log").innerText.includes("the tide goes") && document.querySelector("[data-newest]").hidden`)

	t.Log("older lines come when one scrolls up, until there are none")
	for _, line := range []string{"old line 400.", "old line 2."} {
		b.js(`document.querySelector(".log").scrollTop = 0`)
		b.so(fmt.Sprintf(`document.querySelector(".log").innerText.includes("%s")`, line))
	}
	b.so(`!document.querySelector("[data-older]") && [...document.querySelectorAll(".line span")].filter(e => e.innerText == "old line 700.").length == 1`)

	t.Log("a search leaves lines out, also of those that come, and is in the address")
	b.do(chromedp.SendKeys(chromedp.CSS("#logs-search"), "TIDE"), chromedp.Click(chromedp.CSS(".search button")))
	b.so(`location.search.includes("search=TIDE") && document.querySelectorAll(".line").length == 2`)
	w.write(web, "a ship comes", "the tide is low")
	b.so(`document.querySelectorAll(".line").length == 3 && document.querySelector(".log").innerText.includes("the tide is low")`)

	t.Log("what is missed while the connection is lost comes with the next")
	b.cut.Store(true)
	w.lines.cut()
	w.write(web, "the tide is high")
	b.so(`document.querySelectorAll(".line").length == 4`)

	t.Log("a service that is new is heard as the others are")
	b.open(path)
	b.so(`document.querySelector(".log").innerText.includes("old line 1200.")`)
	_, err := w.CreateService(w.ctx, w.admin, app.NewService{Instance: instance.ID, Name: "clock", Kind: app.Worker})
	must(t, err)
	w.deploy(instance, writer+"clock: echo the clock strikes; exec sleep 600\n")
	b.so(`document.querySelector(".log").innerText.includes("the clock strikes")`)
}
