package build_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"gondor/build"
)

var siteFiles = fstest.MapFS{
	"index.html":            {Data: []byte("<h1>home</h1>")},
	"404.html":              {Data: []byte("<h1>lost</h1>")},
	"docs/index.html":       {Data: []byte("<h1>docs</h1>")},
	"empty/readme.txt":      {Data: []byte("x")},
	"app.3f2a9c1b.js":       {Data: []byte("run()")},
	"app-DiwrgTda.css":      {Data: []byte("a{}")},
	"my-component.js":       {Data: []byte("part()")},
	"big.css":               {Data: []byte("plain")},
	"big.css.gz":            {Data: []byte("\x1f\x8bpacked")},
	".env":                  {Data: []byte("SECRET=1")},
	".git/config":           {Data: []byte("secret")},
	".well-known/acme.txt":  {Data: []byte("known")},
	"Procfile":              {Data: []byte("web: x")},
	"gondor.yml":            {Data: []byte("site: a/b")},
	"with space/index.html": {Data: []byte("space")},
}

func TestStaticHandler(t *testing.T) {
	tests := map[string]struct {
		path   string
		accept string
		status int
		body   string
		header map[string]string
	}{
		"a directory is its index":                  {"/", "", 200, "<h1>home</h1>", map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"}},
		"and further down":                          {"/docs/", "", 200, "<h1>docs</h1>", nil},
		"a directory without its slash is sent on":  {"/docs?a=b", "", 301, "", map[string]string{"Location": "/docs/?a=b"}},
		"never to another host":                     {"//docs", "", 301, "", map[string]string{"Location": "/docs/"}},
		"names are written for a URL":               {"/with%20space", "", 301, "", map[string]string{"Location": "/with%20space/"}},
		"a directory without an index is not shown": {"/empty/", "", 404, "<h1>lost</h1>", nil},
		"what is missing gets the site's own page":  {"/nowhere", "", 404, "<h1>lost</h1>", map[string]string{"Content-Type": "text/html; charset=utf-8"}},
		"a file is no directory":                    {"/index.html/", "", 404, "<h1>lost</h1>", nil},
		"an asset with a hash is immutable":         {"/app.3f2a9c1b.js", "", 200, "run()", map[string]string{"Cache-Control": "public, max-age=31536000, immutable", "Content-Type": "text/javascript; charset=utf-8"}},
		"with a hyphen before it too":               {"/app-DiwrgTda.css", "", 200, "a{}", map[string]string{"Cache-Control": "public, max-age=31536000, immutable"}},
		"a long word is no hash":                    {"/my-component.js", "", 200, "part()", map[string]string{"Cache-Control": "no-cache"}},
		"a client that takes gzip gets it":          {"/big.css", "br, gzip", 200, "\x1f\x8bpacked", map[string]string{"Content-Encoding": "gzip", "Vary": "Accept-Encoding", "Content-Type": "text/css; charset=utf-8"}},
		"one that does not gets the file":           {"/big.css", "gzip;q=0", 200, "plain", map[string]string{"Content-Encoding": "", "Vary": "Accept-Encoding"}},
		"names with a dot are not served":           {"/.env", "", 404, "<h1>lost</h1>", nil},
		"nor what is below one":                     {"/.git/config", "", 404, "<h1>lost</h1>", nil},
		"nor by a way around":                       {"/docs/..%2f.env", "", 404, "<h1>lost</h1>", nil},
		"well-known names are":                      {"/.well-known/acme.txt", "", 200, "known", nil},
		"the Procfile is not":                       {"/Procfile", "", 404, "<h1>lost</h1>", nil},
		"nor is gondor.yml":                         {"/gondor.yml", "", 404, "<h1>lost</h1>", nil},
	}
	handler := build.StaticHandler(siteFiles)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := ask(handler, http.MethodGet, test.path, map[string]string{"Accept-Encoding": test.accept})
			if answer.Code != test.status || answer.Body.String() != test.body && test.status != http.StatusMovedPermanently {
				t.Errorf("GET %s is %d %q; want %d %q", test.path, answer.Code, answer.Body, test.status, test.body)
			}
			for key, want := range test.header {
				if got := answer.Header().Get(key); got != want {
					t.Errorf("%s is %q; want %q", key, got, want)
				}
			}
		})
	}
}

func ask(handler http.Handler, method, path string, header map[string]string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "http://example.com"+path, nil)
	for key, value := range header {
		request.Header.Set(key, value)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

func TestStaticHandlerAnswersWhetherAFileHasChanged(t *testing.T) {
	handler := build.StaticHandler(siteFiles)
	tag := ask(handler, http.MethodGet, "/big.css", nil).Header().Get("ETag")
	if same := ask(handler, http.MethodGet, "/big.css", map[string]string{"If-None-Match": tag}); tag == "" || same.Code != http.StatusNotModified {
		t.Errorf("with the tag %q the answer is %d", tag, same.Code)
	}
	if packed := ask(handler, http.MethodGet, "/big.css", map[string]string{"If-None-Match": tag, "Accept-Encoding": "gzip"}); packed.Code != http.StatusOK {
		t.Errorf("the tag of the plain file fits the packed one: %d", packed.Code)
	}
	changed := build.StaticHandler(fstest.MapFS{"big.css": {Data: []byte("PLAIN")}})
	if other := ask(changed, http.MethodGet, "/big.css", map[string]string{"If-None-Match": tag}); other.Code != http.StatusOK {
		t.Errorf("a file of the same size and time with other contents has the same tag: %d", other.Code)
	}
}

func TestStaticHandlerSendsRanges(t *testing.T) {
	answer := ask(build.StaticHandler(siteFiles), http.MethodGet, "/big.css", map[string]string{"Range": "bytes=1-3"})
	if answer.Code != http.StatusPartialContent || answer.Body.String() != "lai" {
		t.Errorf("got %d %q", answer.Code, answer.Body)
	}
}

func TestStaticHandlerOnlyReads(t *testing.T) {
	handler := build.StaticHandler(siteFiles)
	if answer := ask(handler, http.MethodPost, "/", nil); answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST got %d", answer.Code)
	}
	if answer := ask(handler, http.MethodHead, "/nowhere", nil); answer.Code != http.StatusNotFound || answer.Body.Len() > 0 {
		t.Errorf("HEAD got %d %q", answer.Code, answer.Body)
	}
}

func TestStaticHandlerHasAPageForWhatIsMissing(t *testing.T) {
	answer := ask(build.StaticHandler(fstest.MapFS{}), http.MethodGet, "/", nil)
	if answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), "no such page") {
		t.Errorf("got %d %q", answer.Code, answer.Body)
	}
}
