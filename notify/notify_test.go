package notify_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gondor/app"
	"gondor/notify"
)

const secret = "whsec_R29uZG9yIGlzIGEgcmVhbG0gb2YgbWVu"

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func firing() app.Message {
	return app.Message{
		ID: "m1", Status: app.MessageFiring, Alert: "a1", Kind: app.AlertWeb, Site: "ann/shop", Instance: "primary",
		Title: "web is down: 0 of 2 <replicas> & none healthy.", Text: "connection refused\nfoo", Began: began, URL: "https://gondor.test/instances/i",
	}
}

func resolved() app.Message {
	m := firing()
	m.ID, m.Status, m.Title, m.Text, m.Ended = "m2", app.MessageResolved, "web is healthy again.", "It began 4m0s ago.", began.Add(4*time.Minute)
	return m
}

// received is one request with its body.
type received struct {
	*http.Request
	body string
}

// receiver answers with a status and keeps what it was sent.
func receiver(t *testing.T, status int) (address string, requests chan received) {
	t.Helper()
	requests = make(chan received, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- received{r, string(body)}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func TestAWebhookGetsSignedJSON(t *testing.T) {
	address, requests := receiver(t, http.StatusNoContent)
	err := notify.New(notify.Options{}).Notify(t.Context(), app.Address{Kind: app.ReceiverWebhook, To: address + "/hook", Secret: secret}, resolved())
	if err != nil {
		t.Fatal(err)
	}
	got := <-requests
	var body struct {
		Type string
		Data struct {
			Alert, Kind, Site, Instance, Title string
			Ended                              time.Time
		}
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	if body.Type != "alert.resolved" || body.Data.Alert != "a1" || body.Data.Kind != "web-down" || !body.Data.Ended.Equal(began.Add(4*time.Minute)) {
		t.Errorf("it got %s", got.body)
	}
	// As Standard Webhooks has it, written out once more.
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(got.Header.Get("webhook-id") + "." + got.Header.Get("webhook-timestamp") + "." + got.body))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.Header.Get("webhook-signature") != want || got.Header.Get("webhook-id") != "m2" {
		t.Errorf("the signature is %q, want %q", got.Header.Get("webhook-signature"), want)
	}
}

func TestSlackGetsItsOwnMarkup(t *testing.T) {
	address, requests := receiver(t, http.StatusOK)
	if err := notify.New(notify.Options{}).Notify(t.Context(), app.Address{Kind: app.ReceiverSlack, To: address}, firing()); err != nil {
		t.Fatal(err)
	}
	var body struct{ Text string }
	if err := json.Unmarshal([]byte((<-requests).body), &body); err != nil {
		t.Fatal(err)
	}
	want := "🔴 *ann/shop primary: web is down: 0 of 2 &lt;replicas&gt; &amp; none healthy.*\nconnection refused\nfoo\n<https://gondor.test/instances/i|Open the dashboard>"
	if body.Text != want {
		t.Errorf("it got %q, want %q", body.Text, want)
	}
}

func TestWhatIsNotTakenIsToldWithoutTheSecretsOfTheAddress(t *testing.T) {
	redirecting, elsewhere := receiver(t, http.StatusFound)
	broken, _ := receiver(t, http.StatusInternalServerError)
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // who has not read it does not see that the client goes
		<-r.Context().Done()
	}))
	defer slow.Close()
	for name, c := range map[string]struct{ address, want string }{
		"an answer of 500":         {broken + "/topsecret", "answered 500"},
		"a redirect":               {redirecting + "/topsecret", "answered 302"},
		"a service of the link":    {"http://169.254.169.254/topsecret", "no address that anything"},
		"nobody there":             {"http://127.0.0.1:1/topsecret", "could not be reached"},
		"no answer in time":        {slow.URL + "/topsecret", "did not answer in time"},
		"a name that is not there": {"http://no-such-host.invalid/topsecret", "could not be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			err := notify.New(notify.Options{}).Notify(ctx, app.Address{Kind: app.ReceiverWebhook, To: c.address, Secret: secret}, firing())
			if err == nil || !strings.Contains(err.Error(), c.want) && !strings.Contains(err.Error(), "in time") || strings.Contains(err.Error(), "topsecret") {
				t.Errorf("the error is %v, want %q and no secret", err, c.want)
			}
		})
	}
	if <-elsewhere; len(elsewhere) > 0 {
		t.Error("a redirect was followed")
	}
}

func TestMailIsSentOverTLSWithALogin(t *testing.T) {
	server := startMailServer(t, &mailServer{certificate: certificateFor(t)})
	_, port, _ := strings.Cut(server.address, ":")
	mail, err := notify.ParseMail("smtp://ann:pass%20word@localhost:"+port, "Gondor <gondor@example.com>")
	if err != nil {
		t.Fatal(err)
	}
	n := notify.New(notify.Options{Mail: mail})
	for _, m := range []app.Message{firing(), resolved()} {
		if err := n.Notify(t.Context(), app.Address{Kind: app.ReceiverEmail, To: "ops@example.com"}, m); err != nil {
			t.Fatal(err)
		}
	}
	first, second := <-server.mails, <-server.mails
	if !first.encrypted || first.user != "|ann|pass word" || !strings.Contains(first.to, "<ops@example.com>") {
		t.Errorf("it came as %+v", first)
	}
	for _, want := range []string{"Subject: ann/shop primary: web is down", "Message-ID: <m1@example.com>", "References: <alert-a1@example.com>", "Auto-Submitted: auto-generated", "connection refused"} {
		if !strings.Contains(first.text, want) {
			t.Errorf("the mail has no %q:\n%s", want, first.text)
		}
	}
	if !strings.Contains(second.text, "Subject: Resolved: ann/shop primary: web is healthy again.") || !strings.Contains(second.text, "References: <alert-a1@example.com>") {
		t.Errorf("the second mail is\n%s", second.text)
	}
}

func TestAMailThatIsRefusedSaysByWhom(t *testing.T) {
	server := startMailServer(t, &mailServer{refuses: "550 5.1.1 there is no such mailbox"})
	mail, err := notify.ParseMail("smtp://"+server.address, "gondor@example.com")
	if err != nil {
		t.Fatal(err)
	}
	err = notify.New(notify.Options{Mail: mail}).Notify(t.Context(), app.Address{Kind: app.ReceiverEmail, To: "ops@example.com"}, firing())
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1") || !strings.Contains(err.Error(), "no such mailbox") {
		t.Errorf("the error is %v, want the server's", err)
	}
}

func TestAMailServerIsReadFromItsURL(t *testing.T) {
	for name, c := range map[string]struct{ server, from, field string }{
		"a server":                   {"smtp://mail.example.com", "gondor@example.com", ""},
		"one with TLS and a login":   {"smtps://ann:secret@mail.example.com:4650", "Gondor <gondor@example.com>", ""},
		"no scheme":                  {"mail.example.com:25", "gondor@example.com", "server"},
		"another scheme":             {"https://mail.example.com", "gondor@example.com", "server"},
		"a port that is none":        {"smtp://mail.example.com:70000", "gondor@example.com", "server"},
		"nobody that it is from":     {"smtp://mail.example.com", "", "from"},
		"an address that is no such": {"smtp://mail.example.com", "gondor", "from"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := notify.ParseMail(c.server, c.from)
			fault, wrong := err.(*app.Error)
			if wrong != (c.field != "") || wrong && fault.Field != c.field {
				t.Errorf("the error is %v, want one about %q", err, c.field)
			}
		})
	}
}

func TestWithoutAMailServerNobodyIsToldByMail(t *testing.T) {
	err := notify.New(notify.Options{}).Check(app.Address{Kind: app.ReceiverEmail, To: "ops@example.com"})
	if app.CodeOf(err) != app.CodeInvalid || !strings.Contains(err.Error(), "GONDOR_SMTP_URL") {
		t.Errorf("the error is %v", err)
	}
}
