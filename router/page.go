package router

import (
	_ "embed"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
)

//go:embed page.html
var pageHTML string

// retryAfter is what a client is told to wait for a site that does not run, in seconds.
const retryAfter = "5"

// turnAway answers a request that no backend can take.
func (x *exchange) turnAway() {
	header := x.w.Header()
	switch {
	case x.router.table.Load().starting:
		header.Set("Retry-After", retryAfter)
		x.answer(http.StatusServiceUnavailable, "The router is starting. Please try again in a moment.")
	case x.route == nil:
		x.answer(http.StatusNotFound, "There is no site under this name.")
	default:
		header.Set("Retry-After", retryAfter)
		notice := x.route.Notice
		if notice == "" {
			notice = "This site is not running at the moment. Please try again soon."
		}
		x.answer(http.StatusServiceUnavailable, notice)
	}
}

// fail answers a request that went wrong. What is left of its body is not waited for.
func (x *exchange) fail(v verdict) {
	if x.upload != nil {
		x.upload.over.Store(true)
		x.upload.refuse()
	}
	if x.req.ContentLength != 0 && !x.small {
		x.w.Header().Set("Connection", "close")
	}
	switch v {
	case gone:
		x.status = statusGone
		panic(http.ErrAbortHandler)
	case malformed:
		x.w.Header().Set("Connection", "close")
		x.answer(http.StatusBadRequest, "The body of the request broke off.")
	case overdue:
		x.answer(http.StatusGatewayTimeout, "The site took too long to answer.")
	default:
		x.answer(http.StatusBadGateway, "The site did not answer. Please try again in a moment.")
	}
}

func (x *exchange) answer(status int, text string) {
	x.status = status
	id := x.origin.requestID
	if id == "" {
		x.origin = x.router.origin(x.req, x.name.port)
		id = x.origin.requestID
	}
	x.w.Header().Set("X-Request-Id", id)
	x.sent = writePage(x.w, x.req, status, text)
}

// refuse answers a request before it is known whom it is for.
func (r *Router) refuse(w http.ResponseWriter, req *http.Request, status int, text string) {
	w.Header().Set("Connection", "close")
	writePage(w, req, status, text)
}

// writePage writes a page of the router's own in the form that the client likes best,
// and returns how long its body is.
func writePage(w http.ResponseWriter, req *http.Request, status int, text string) int64 {
	kind, body := render(req.Header["Accept"], status, text)
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Add("Vary", "Accept")
	w.WriteHeader(status)
	if req.Method == http.MethodHead {
		return 0
	}
	n, _ := io.WriteString(w, body) // a client that does not take it has gone
	return int64(n)
}

func render(accept []string, status int, text string) (kind, body string) {
	title := http.StatusText(status)
	switch prefer(strings.Join(accept, ",")) {
	case "html":
		fill := strings.NewReplacer("{{status}}", strconv.Itoa(status), "{{title}}", html.EscapeString(title),
			"{{text}}", html.EscapeString(text))
		return "text/html; charset=utf-8", fill.Replace(pageHTML)
	case "json":
		body, _ := json.Marshal(map[string]any{"status": status, "error": title, "message": text}) // strings and a number
		return "application/json", string(body) + "\n"
	default:
		return "text/plain; charset=utf-8", strconv.Itoa(status) + " " + title + "\n" + text + "\n"
	}
}

// prefer returns "html", "json" or "text": the one with the highest weight in an Accept
// field (RFC 9110 section 12.5.1), the first among equals. Ranges with a star mean text.
func prefer(accept string) string {
	best, weight := "text", 0.0
	for one := range strings.SplitSeq(accept, ",") {
		media, parameters, _ := strings.Cut(one, ";")
		kind := kindOf(strings.ToLower(strings.TrimSpace(media)))
		if q := quality(parameters); kind != "" && q > weight {
			best, weight = kind, q
		}
	}
	return best
}

func kindOf(media string) string {
	switch {
	case media == "text/html" || media == "application/xhtml+xml":
		return "html"
	case media == "application/json" || strings.HasSuffix(media, "+json"):
		return "json"
	case media == "text/plain" || media == "text/*" || media == "*/*":
		return "text"
	default:
		return ""
	}
}

func quality(parameters string) float64 {
	for one := range strings.SplitSeq(parameters, ";") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(one), "q="); ok {
			q, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0
			}
			return q
		}
	}
	return 1
}
