package build

import "path"

// staticDir returns the directory of a static site, "" when the tree is none.
func (d *detection) staticDir() string {
	for _, dir := range []string{".", "public", "dist"} {
		if d.has(path.Join(dir, "index.html")) {
			return dir
		}
	}
	return ""
}

// static plans a site of files: there is nothing to build.
func (d *detection) static() {
	d.addLanguage("static files", "static")
	d.defaultWeb(serveStatic(d.staticDir()))
}

// serveStatic is the command that serves a directory of the artifact on $PORT.
func serveStatic(dir string) string { return `exec "$GONDOR" static ` + quote(dir) }
