package load

import (
	"bytes"
	"net/url"

	"golang.org/x/net/html"
)

// linking says which attribute of an element names an asset.
var linking = map[string]string{"script": "src", "img": "src", "link": "href"}

// assets are the paths that a page at the given path links of its own site, each once.
func assets(page []byte, at string) []string {
	base := &url.URL{Path: at}
	seen := map[string]bool{}
	var paths []string
	for tokens := html.NewTokenizer(bytes.NewReader(page)); tokens.Next() != html.ErrorToken; {
		token := tokens.Token()
		for _, a := range token.Attr {
			target, err := base.Parse(a.Val)
			if linking[token.Data] != a.Key || a.Val == "" || err != nil || target.Host != "" || target.Scheme != "" {
				continue
			}
			if path := target.RequestURI(); !seen[path] {
				seen[path] = true
				paths = append(paths, path)
			}
		}
	}
	return paths
}
