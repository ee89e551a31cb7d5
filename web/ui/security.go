package ui

import (
	"fmt"
	"net/http"

	"gondor/app"
)

// policy allows what the dashboard itself serves, and nothing inline (CSP Level 3).
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// withHeaders sets the headers that every answer carries. The referrer stays within the
// dashboard; without any, browsers would hide the origin of a form's request too.
func withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		next.ServeHTTP(w, r)
	})
}

// refuseForeign refuses requests that change something and come from a page of another
// origin, those of the sites below Gondor's own domain included.
func (d *dashboard) refuseForeign(next http.Handler) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(d.url.Scheme + "://" + d.url.Host); err != nil {
		return nil, fmt.Errorf("trust the dashboard's own origin: %w", err)
	}
	protection.SetDenyHandler(d.public(func(*call) error {
		return app.Fault(app.CodeForbidden, "this came from a page of another site; open the dashboard and do it there")
	}))
	return protection.Handler(next), nil
}
