// Package shop is a site to be put under load, and what people do there.
package shop

import (
	"embed"
	"fmt"
	"io/fs"

	"gondor/test/load"
)

//go:embed site
var site embed.FS

// Sources are the site's files: edition 0. Each edition's page links assets that no other
// edition has, as those of a build whose names hold a hash of what is in them.
func Sources() fs.FS {
	sources, err := fs.Sub(site, "site")
	if err != nil {
		panic(err) // the directory is embedded
	}
	return sources
}

// Page is the file that holds the Edition.
const Page = "page.html"

// Edition is the words by which the page tells which of them it is.
func Edition(n int) string { return fmt.Sprintf("Edition %d.", n) }

// Mix is what people do, by these methods in turn: of a hundred requests one takes ten
// seconds.
func Mix(methods ...string) []load.Request {
	var all []load.Request
	for n := range 100 {
		switch method := methods[n%len(methods)]; {
		case n == 50:
			all = append(all, load.Request{Method: "GET", Path: "/report", Check: lines})
		case method == "POST":
			all = append(all, load.Request{Method: "POST", Path: "/orders", Body: "one apple", Check: echoed})
		default:
			all = append(all, load.Request{Method: "GET", Path: "/", Page: true})
		}
	}
	return all
}

func lines(status int, body []byte) error {
	if want := 10 * len("a line\n"); status != 200 || len(body) != want {
		return fmt.Errorf("the report has the status %d and %d bytes, not %d", status, len(body), want)
	}
	return nil
}

func echoed(status int, body []byte) error {
	if status != 200 || string(body) != "one apple" {
		return fmt.Errorf("the order is answered with the status %d: %.200q", status, body)
	}
	return nil
}
