package agent

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"gondor/app"
	"gondor/cluster/kube/registry/token"
)

// Port is where an agent listens.
const Port = 8086

// mostWords is how many bytes the control plane may say at once.
const mostWords = 16 << 20

// ServeHTTP implements http.Handler: for the control plane, whose token the key proves, and
// for the kubelet, which may ask whether the agent is ready.
//
//	POST /pods                   the body has a list of Taken; the answer is the list of Pods that are kept
//	GET  /pods/UID?after=TIME    what Lines writes; the answer ends early when something fails
//	GET  /ready
func (a *Agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /pods", a.admit(a.take))
	mux.HandleFunc("GET /pods/{uid}", a.admit(a.lines))
	mux.ServeHTTP(w, r)
}

// admit lets nobody but the control plane in.
func (a *Agent) admit(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		scope, err := token.Verify(a.options.Key, user, password)
		if err != nil || !scope.IsAdmin() {
			http.Error(w, "only the control plane may ask; its token is missing or wrong", http.StatusUnauthorized)
			return
		}
		switch err := handle(w, r); {
		case app.CodeOf(err) == app.CodeInvalid:
			http.Error(w, err.Error(), http.StatusBadRequest)
		case err != nil:
			a.log.Error("the control plane was not answered in full", "path", r.URL.Path, "error", err)
			panic(http.ErrAbortHandler) // so that the control plane does not take it for all
		}
	}
}

func (a *Agent) take(w http.ResponseWriter, r *http.Request) error {
	var words []Taken
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostWords)).Decode(&words); err != nil {
		return app.Invalid("body", "is no list of what was taken: %s", err)
	}
	pods, err := a.Take(words)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(pods); err != nil {
		return fmt.Errorf("list what is kept: %w", err)
	}
	return nil
}

func (a *Agent) lines(w http.ResponseWriter, r *http.Request) error {
	var after time.Time
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return app.Invalid("after", "%q is not a time as RFC 3339 has it", text)
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	return a.Lines(r.Context(), r.PathValue("uid"), after, w)
}
