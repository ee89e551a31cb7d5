package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// hidden stands for a secret in the log.
const hidden = "[hidden]"

// secretKeys are the names of fields, of JSON and of forms, that hold secrets.
var secretKeys = []string{
	"access_token", "refresh_token", "token", "password", "value", "endpoint", "env",
}

// wireLog writes every exchange to out, without secrets: of headers Authorization and
// cookies, of bodies the fields of secretKeys, and never a body that is neither JSON
// nor a form.
type wireLog struct {
	next http.RoundTripper
	mu   sync.Mutex
	out  io.Writer
}

// RoundTrip implements http.RoundTripper.
func (l *wireLog) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := l.request(r)
	response, err := l.next.RoundTrip(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprint(l.out, sent)
	if err != nil {
		fmt.Fprintf(l.out, "< no answer: %v\n\n", err)
		return nil, err
	}
	fmt.Fprint(l.out, l.response(response))
	return response, nil
}

func (l *wireLog) request(r *http.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "> %s %s\n", r.Method, r.URL.Redacted())
	headers(&b, "> ", r.Header)
	if r.GetBody == nil {
		return b.String()
	}
	body, err := r.GetBody()
	if err != nil {
		return b.String()
	}
	defer body.Close()
	data, _ := io.ReadAll(io.LimitReader(body, maxAnswer)) // of bytes in memory: it can't fail
	fmt.Fprintf(&b, "> %s\n", hideSecrets(r.Header.Get("Content-Type"), data))
	return b.String()
}

// response reads a JSON answer whole and puts it back; others stay untouched.
func (l *wireLog) response(r *http.Response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "< %s\n", r.Status)
	headers(&b, "< ", r.Header)
	kind := r.Header.Get("Content-Type")
	if !isJSON(kind) {
		return b.String() + "\n"
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	r.Body = &restored{Reader: io.MultiReader(bytes.NewReader(data), failing{err}), Closer: r.Body}
	fmt.Fprintf(&b, "< %s\n\n", hideSecrets(kind, data))
	return b.String()
}

// restored is a body that was read and put back.
type restored struct {
	io.Reader
	io.Closer
}

// failing ends a body that was put back as it ended the first time.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

func headers(b *strings.Builder, prefix string, h http.Header) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := strings.Join(h[name], ", ")
		if slices.Contains([]string{"Authorization", "Cookie", "Set-Cookie"}, name) {
			value = hidden
		}
		fmt.Fprintf(b, "%s%s: %s\n", prefix, name, value)
	}
}

func isJSON(kind string) bool { return strings.HasPrefix(kind, "application/json") }

// hideSecrets returns a body as it may be logged.
func hideSecrets(kind string, data []byte) string {
	switch {
	case isJSON(kind):
		return hideJSON(data)
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		return hideForm(data)
	}
	return fmt.Sprintf("[%d bytes]", len(data))
}

func hideJSON(data []byte) string {
	var value any
	if json.Unmarshal(data, &value) != nil {
		return fmt.Sprintf("[%d bytes that are not JSON]", len(data))
	}
	clean, err := json.Marshal(hideValues(value))
	if err != nil {
		return fmt.Sprintf("[%d bytes]", len(data))
	}
	return string(clean)
}

// hideValues replaces the values of secret keys at any depth.
func hideValues(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = hideValues(v[i])
		}
	case map[string]any:
		for key := range v {
			if slices.Contains(secretKeys, key) && v[key] != nil {
				v[key] = hidden
			} else {
				v[key] = hideValues(v[key])
			}
		}
	}
	return value
}

func hideForm(data []byte) string {
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return fmt.Sprintf("[%d bytes]", len(data))
	}
	for key := range form {
		if slices.Contains(secretKeys, key) {
			form.Set(key, hidden)
		}
	}
	text, err := url.QueryUnescape(form.Encode())
	if err != nil {
		return form.Encode()
	}
	return text
}
