package web

import (
	"net/http"
	"strings"
)

// slashed answers a path that lacks its last slash: a GET is sent to the right one, any
// other request is served as if it had it, since not every client repeats a body.
func slashed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		switch {
		case last == "" || strings.Contains(last, "."):
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			to := *r.URL
			to.Path, to.RawPath = r.URL.Path+"/", ""
			http.Redirect(w, r, to.RequestURI(), http.StatusPermanentRedirect)
		default:
			r.URL.Path, r.URL.RawPath = r.URL.Path+"/", ""
			next.ServeHTTP(w, r)
		}
	})
}
