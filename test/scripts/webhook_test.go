package scripts

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// webhook listens until the script ends: $WEBHOOK is its URL, what it is sent stands in
// $WORK/webhook.log, one body a line.
func webhook(ts *testscript.TestScript, neg bool, _ []string) {
	no(ts, neg, "webhook")
	file, err := os.Create(ts.MkAbs("webhook.log"))
	ts.Check(err)
	var one sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		one.Lock()
		defer one.Unlock()
		if err == nil {
			_, err = file.Write(append(body, '\n'))
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	ts.Setenv("WEBHOOK", server.URL)
	ts.Defer(func() {
		server.Close()
		_ = file.Close()
	})
}
