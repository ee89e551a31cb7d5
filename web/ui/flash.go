package ui

import (
	"encoding/base64"
	"net/http"
	"time"
)

// flashLife bounds how long a message waits for the page that shows it.
const flashLife = time.Minute

// done redirects to a page that shows the message once.
func (d *dashboard) done(c *call, to, message string) error {
	value := base64.RawURLEncoding.EncodeToString([]byte(message))
	d.cookies.set(c.w, d.cookies.flash, value, time.Now().Add(flashLife))
	return c.redirect(to)
}

// takeFlash returns the message that waits for a page, "" when there is none.
func (d *dashboard) takeFlash(w http.ResponseWriter, r *http.Request) string {
	cookie, err := r.Cookie(d.cookies.flash)
	if err != nil {
		return ""
	}
	d.cookies.remove(w, d.cookies.flash)
	message, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return ""
	}
	return string(message)
}
