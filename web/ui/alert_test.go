package ui_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"gondor/app"
)

// farEnd is somebody outside who takes what is posted, or says that they can't.
type farEnd struct {
	url   string
	down  atomic.Bool
	busy  sync.Mutex  // it answers nobody while this is held
	asked chan string // what was posted and taken
}

func newFarEnd(t *testing.T) *farEnd {
	t.Helper()
	f := &farEnd{asked: make(chan string, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what broke off is not what the test waits for
		f.busy.Lock()
		defer f.busy.Unlock()
		if f.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		f.asked <- string(body)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// cast gives a developer and a viewer their roles in the site.
func (w *world) cast(site app.Site) {
	w.t.Helper()
	for _, role := range []app.Role{app.Developer, app.Viewer} {
		w.person(string(role))
		_, err := w.AddSiteUser(w.ctx, w.admin, app.NewSiteUser{Site: site.ID, Username: string(role), Role: role})
		must(w.t, err)
	}
}

func TestWhatIsWrongIsShownUntilItIsOver(t *testing.T) {
	w := newWorld(t)
	w.person("stranger")
	site, instance, _ := w.site("harbor")
	w.cast(site)
	page, alerts := "/instances/"+string(instance.ID), "/sites/"+string(site.ID)+"/alerts"
	b := w.browser("viewer")
	b.get(alerts).want(ok, "Nothing is wrong.", "Nobody outside is told yet.")
	w.build(instance, "this is no Procfile")

	t.Run("in the head of the instance's pages and in lists of instances", func(t *testing.T) {
		for _, path := range []string{page, page + "/logs", page + "?section=head", "/sites/" + string(site.ID), "/"} {
			b.get(path).want(ok, `<span class="alert-title">`, "Procfile", alerts)
		}
		w.browser("stranger").get("/").wantNot("alert-title")
	})
	t.Run("on the page of the site's alerts", func(t *testing.T) {
		a := b.get(alerts)
		a.want(ok, `<span class="strong">primary</span>`, page+"/releases")
		a.wantNot("Nothing is wrong.")
	})
	t.Run("and then among what was wrong", func(t *testing.T) {
		w.deploy(instance, procfile)
		b.get(page).wantNot("alert-title")
		b.get(alerts).want(ok, "Nothing is wrong.", "Ended ", "after less than a minute")
	})
}

func TestReceiversAreForWhoMayManageTheSite(t *testing.T) {
	w := newWorld(t)
	site, _, _ := w.site("harbor")
	other, _, _ := w.site("elsewhere")
	w.cast(site)
	path := "/sites/" + string(site.ID) + "/alerts"
	admin, developer := w.browser("admin"), w.browser("developer")

	t.Run("the secret of a webhook is shown this once, and is in no cookie", func(t *testing.T) {
		a := developer.post(path, "address=https%3A%2F%2Fexample.com%2Fhooks%2Funseen")
		a.want(http.StatusCreated, "https://example.com/… is told from now on", "whsec_")
		a.wantNot("unseen")
		for name, value := range developer.cookies {
			if name != "__Host-gondor" {
				t.Errorf("the answer set the cookie %s to %s", name, value)
			}
		}
		developer.get(path).wantNot("whsec_")
	})
	t.Run("those of the group are for who has a role in it", func(t *testing.T) {
		admin.post(path, "address=https%3A%2F%2Fhooks.slack.com%2Fservices%2FT0&owner=group").wantRedirect(path)
		admin.get(path).want(ok, "https://hooks.slack.com/… is told from now on.", "Slack · all sites of admin", `<option value="group">`)
		admin.get("/sites/"+string(other.ID)+"/alerts").want(ok, "https://hooks.slack.com/…")
		a := developer.get(path)
		a.want(ok, "https://example.com/…", "Webhook · this site")
		a.wantNot("hooks.slack.com")
		a.wantNot(`value="group"`)
		developer.post(path, "address=https%3A%2F%2Fexample.com%2Fx&owner=group").want(notFound)
	})
	receivers, err := w.Receivers(w.ctx, w.admin, app.ReceiverOwner{Site: site.ID})
	must(t, err)
	test := "/sites/" + string(site.ID) + "/receivers/" + string(receivers[0].ID)

	t.Run("a viewer sees them and changes nothing", func(t *testing.T) {
		v := w.browser("viewer")
		a := v.get(path)
		a.want(ok, "https://example.com/…")
		a.wantNot("<form")
		v.post(path, "address=https%3A%2F%2Fexample.com%2Fx").want(forbidden)
		v.post(test+"/test", "").want(forbidden)
		v.post(test+"/delete", "").want(forbidden)
	})
	t.Run("one of another site is not there", func(t *testing.T) {
		foreign := strings.Replace(test, string(site.ID), string(other.ID), 1)
		admin.post(foreign+"/test", "").want(notFound)
		admin.post(foreign+"/delete", "").want(notFound)
	})
	t.Run("one that is deleted is told nothing more", func(t *testing.T) {
		developer.post(test+"/delete", "").wantRedirect(path)
		developer.get(path).want(ok, "https://example.com/… is told nothing more.", "Nobody outside is told yet.")
	})
}

func TestWhatBecameOfAMessageIsTold(t *testing.T) {
	w := newWorld(t)
	site, _, _ := w.site("harbor")
	w.cast(site)
	far := newFarEnd(t)
	far.down.Store(true)
	receiver, _, err := w.CreateReceiver(w.ctx, w.admin, app.NewReceiver{Owner: app.ReceiverOwner{Site: site.ID}, Address: far.url})
	must(t, err)
	b, path := w.browser("developer"), "/sites/"+string(site.ID)+"/alerts"
	b.get(path).want(ok, "nothing sent yet")
	changes := b.listen("/events", "")
	told := make(chan event, 1)
	go func() { told <- changes.next() }()
	eventually(t, "who may see the receiver hears of it", func() bool {
		b.post("/sites/"+string(site.ID)+"/receivers/"+string(receiver.ID)+"/test", "").wantRedirect(path)
		select {
		case e := <-told:
			return e.data["noun"] == "alert-receiver"
		default:
			return false
		}
	})
	eventually(t, "the attempt is told", func() bool {
		body := b.get(path).body
		return strings.Contains(body, "failed") && strings.Contains(body, "503") && strings.Contains(body, " wait")
	})
}

func TestAWebhookIsMadeAndTestedInARealBrowser(t *testing.T) {
	w := newWorld(t)
	site, instance, _ := w.site("harbor")
	far := newFarEnd(t)
	b := w.chromium()
	b.signIn()
	path := "/sites/" + string(site.ID) + "/alerts"
	const rows = `document.querySelector("#receivers").innerText`

	t.Log("its secret is shown once")
	b.open(path)
	b.do(chromedp.SendKeys(chromedp.CSS("#receiver-address"), far.url+"/hooks/hidden"), chromedp.Click(chromedp.CSS("form .primary")))
	b.so(`document.querySelector(".made")?.innerText.includes("whsec_")`)
	b.so(rows + `.includes("nothing sent yet") && !document.body.innerText.includes("hidden")`)

	t.Log("a test arrives, and the page says so by itself")
	far.busy.Lock()
	b.do(chromedp.Click(chromedp.CSS("#receivers form button")))
	b.so(`!document.querySelector(".made") && ` + rows + `.includes("sending") && ` + rows + `.includes("a message waits")`)
	far.busy.Unlock()
	b.so(rows + `.includes("arrived") && document.querySelector(".flash")`) // it was not loaded anew
	if body := <-far.asked; !strings.Contains(body, `"alert.test"`) {
		t.Errorf("it was sent %s", body)
	}

	t.Log("what goes wrong shows without a reload, and its text when it is asked for")
	b.so(`document.querySelector("#going").innerText.includes("Nothing is wrong.")`)
	w.build(instance, "this is no Procfile")
	b.so(`document.querySelector("#going .alert-title")?.innerText.includes("failed") && !document.querySelector("#going .message")?.checkVisibility()`)
	b.do(chromedp.Click(chromedp.CSS("#going summary")))
	b.so(`document.querySelector("#going .message").checkVisibility()`)
	if body := <-far.asked; !strings.Contains(body, `"alert.firing"`) {
		t.Errorf("it was sent %s", body)
	}

	t.Log("it is deleted when the question is answered")
	b.do(chromedp.Click(chromedp.CSS("#receivers .ask summary")), chromedp.Click(chromedp.CSS("#receivers .danger")))
	b.so(rows + `.includes("Nobody outside is told yet.")`)
}
