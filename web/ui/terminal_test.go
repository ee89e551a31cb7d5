package ui_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/gorilla/websocket"

	"gondor/app"
)

// terminal asks for a terminal as the script does, and returns where it is joined.
func (b *browser) terminal(instance app.Instance, form string) (endpoint, run string) {
	b.w.t.Helper()
	a := b.post("/instances/"+string(instance.ID)+"/terminal", form)
	a.want(http.StatusCreated)
	var told struct{ Endpoint, Run string }
	must(b.w.t, json.Unmarshal([]byte(a.body), &told))
	return told.Endpoint, told.Run
}

func TestATerminalIsForWhoMayRunSomething(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"viewer", "developer"} {
		w.person(name)
	}
	site, instance, _ := w.site("harbor")
	for _, role := range []app.Role{app.Developer, app.Viewer} {
		_, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: site.ID, Username: string(role), Role: role})
		must(t, err)
	}
	page := "/instances/" + string(instance.ID) + "/terminal"
	b := w.browser("developer")

	t.Run("where something is deployed", func(t *testing.T) {
		b.get(page).want(ok, "Nothing has been deployed here yet.")
		b.post(page, "service=web&command=id").want(http.StatusConflict, `"fault":"Nothing has been deployed to web yet`)
	})
	w.deploy(instance, procfile)

	t.Run("with what is wrong beside its field", func(t *testing.T) {
		b.post(page, "service=nobody&command=id").want(422, `"faults":{"service":`)
		b.post(page, "service=web&command=id&size=giant").want(422, `"faults":{"size":`)
		b.post("/instances/"+string(instance.ID)+"/runs", "service=web&command=").want(422, `id="run-command-fault"`)
	})
	t.Run("and for nobody else", func(t *testing.T) {
		v := w.browser("viewer")
		v.post(page, "service=web&command=id").want(forbidden)
		v.get(page).want(forbidden)
		v.get("/instances/" + string(instance.ID)).wantNot(page)
		w.guest().post(page, "service=web&command=id").wantRedirect("/sign-in")
	})
	t.Run("joined from a page of the dashboard and of no other origin", func(t *testing.T) {
		endpoint, _ := b.terminal(instance, "service=web&command=echo+joined")
		at := "ws://" + w.url.Host + endpoint + "?tty=true&resume=true"
		dialer := websocket.Dialer{Subprotocols: []string{"v5.channel.k8s.io"}}
		for _, origin := range []string{"http://harbor." + w.url.Host, "https://example.com", "null"} {
			_, response, err := dialer.Dial(at, http.Header{"Origin": {origin}})
			if err == nil || response == nil || response.StatusCode != forbidden {
				t.Errorf("a page of %s joins the process: %v", origin, response)
			}
		}
		connection, _, err := dialer.Dial(at, http.Header{"Origin": {w.url.String()}})
		must(t, err)
		must(t, connection.Close())
		r := b.request(http.MethodPost, page, "service=web")
		r.Header.Set("Origin", "http://harbor."+w.url.Host)
		r.Header.Set("Sec-Fetch-Site", "same-site")
		b.do(r).want(forbidden, "a page of another site")
	})
	t.Run("who see in a list who ran what and how it ended", func(t *testing.T) {
		a := b.post("/instances/"+string(instance.ID)+"/runs", "service=web&command=echo+left+to+itself%3B+exit+7")
		path := a.location()
		eventually(t, "the run ends", func() bool { return strings.Contains(b.get(path).body, "exit code 7") })
		b.get(path).want(ok, "echo left to itself; exit 7", "developer", "left to itself</span>")
		b.listen(path+"/log", "").text("left to itself")
		b.get(page).want(ok, path, "exit code 7", "developer")
		w.browser("viewer").get(path).want(forbidden)
		b.post(path+"/stop", "").wantRedirect(path)
	})
}

func TestATerminalInARealBrowser(t *testing.T) {
	w := newWorld(t)
	_, instance, _ := w.site("harbor")
	w.deploy(instance, procfile)
	page := "/instances/" + string(instance.ID) + "/terminal"
	b := w.chromium()
	b.signIn()
	const screen, status = `document.querySelector(".xterm-rows").innerText`, `document.querySelector("[data-status]").innerText`
	open := func(command string) {
		t.Helper()
		b.open(page)
		b.so(`!document.querySelector("button[data-open]").hidden`)
		b.do(chromedp.SendKeys(chromedp.CSS("#run-command"), command), chromedp.Click(chromedp.CSS("button[data-open]")))
		b.so(status + ` == "Connected"`)
	}

	t.Log("a shell knows its size, and hears of another") // its prompt may come behind what is typed
	b.width(1200, "light")
	open("PS1='$ ' exec sh -i")
	b.press("stty size\r")
	b.so(`/\n(\$ )?\d\d 1\d\d\n/.test(` + screen + `)`)
	b.width(700, "light")
	b.press("clear; stty size\r")
	b.so(`/(\$ )?\d\d [5-9]\d\n/.test(` + screen + `)`)

	t.Log("Ctrl-C ends what runs in it")
	b.press("sh -c 'echo asleep; exec sleep 600'; echo interrupted $?\r")
	b.so(screen + `.includes("\nasleep")`)
	b.do(chromedp.KeyEvent("c", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.press("echo still here\r")
	b.so(`/\n(\$ )?still here/.test(` + screen + `)`)

	t.Log("a connection that was lost is taken up again, and so it is after a reload")
	b.press("NAME=harbor\r")
	b.so(screen + `.includes("NAME=harbor")`)
	b.js(`window.lost = 0, new MutationObserver(() => { if (` + status + `.startsWith("Connection lost")) lost++ }).observe(document.querySelector("[data-status]"), { childList: true })`)
	b.cut.Store(true)
	w.lines.cut()
	b.so(`lost > 0 && ` + status + ` == "Connected"`)
	b.press("echo still $NAME\r")
	b.so(`/\n(\$ )?still harbor/.test(` + screen + `)`)
	b.open(page)
	b.so(status + ` == "Connected" && /\n(\$ )?still harbor/.test(` + screen + `)`)

	t.Log("Escape and Tab leave it")
	b.so(`document.activeElement.className.includes("xterm")`)
	b.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent("\t"))
	b.so(`!document.activeElement.className.includes("xterm")`)

	t.Log("its exit code is said")
	b.js(`document.querySelector(".xterm-helper-textarea").focus()`)
	b.press("\rexit 7\r") // behind the Escape
	b.so(status + ` == "Ended with exit code 7."`)
	b.so(`document.querySelector("#runs").innerText.includes("exit code 7")`)

	t.Log("a command ends well, and a button ends one that goes on")
	open("echo so far so good")
	b.so(status + ` == "Ended well." && ` + screen + `.includes("so far so good")`)
	open("exec sleep 600")
	b.do(chromedp.Click(chromedp.CSS("[data-end]")))
	b.so(status + `.startsWith("Ended with exit code 143")`)
	b.so(`document.querySelector("#runs").innerText.includes("stopped")`)
}
