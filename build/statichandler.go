package build

import (
	"cmp"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// StaticHandler serves the files of a directory: index.html for a directory, 404.html
// in place of what is missing, a file's .gz neighbour when the client takes gzip (RFC
// 9110 section 12.5.3), ranges and conditional requests (RFC 9110 sections 13 and 14). Assets with a
// hash in their names may be kept for ever (RFC 8246), anything else is asked for again
// each time. Neither names that begin with a dot are served (but .well-known, RFC 8615),
// nor Procfile and gondor.yml in the root. It is safe for concurrent use.
// The files must not change while it serves them.
func StaticHandler(dir fs.FS) http.Handler { return &staticHandler{dir: dir} }

type staticHandler struct {
	dir  fs.FS
	tags sync.Map // entity tags by the files' names
}

// ServeHTTP implements http.Handler.
func (h *staticHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "These are files; they can only be read.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	info, err := fs.Stat(h.dir, cmp.Or(name, "."))
	switch {
	case hidden(name), err != nil:
		h.notFound(w, r)
	case info.IsDir() && !strings.HasSuffix(r.URL.Path, "/"):
		h.redirect(w, r, name)
	case info.IsDir():
		h.serve(w, r, path.Join(name, "index.html"))
	case strings.HasSuffix(r.URL.Path, "/"):
		h.notFound(w, r)
	default:
		h.serve(w, r, name)
	}
}

// hidden reports whether a path is none that visitors may see.
func hidden(name string) bool {
	if name == "Procfile" || name == ConfigFile {
		return true
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != ".well-known" {
			return true
		}
	}
	return false
}

// redirect sends a client to the directory's own path, whatever the path begins with.
func (h *staticHandler) redirect(w http.ResponseWriter, r *http.Request, name string) {
	to := *r.URL
	to.Scheme, to.Host, to.Opaque, to.User = "", "", "", nil
	to.Path, to.RawPath = "/"+name+"/", ""
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusMovedPermanently)
}

// serve answers with one file.
func (h *staticHandler) serve(w http.ResponseWriter, r *http.Request, name string) {
	file, info, err := h.open(name)
	if err != nil {
		h.notFound(w, r)
		return
	}
	defer func() { _ = file.Close() }() // it was only read
	header := w.Header()
	header.Set("Content-Type", contentType(name))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", cacheControl(name))
	if packed, packedInfo, err := h.open(name + ".gz"); err == nil {
		defer func() { _ = packed.Close() }()
		header.Add("Vary", "Accept-Encoding")
		if takesGzip(r) {
			header.Set("Content-Encoding", "gzip")
			name, file, info = name+".gz", packed, packedInfo
		}
	}
	header.Set("ETag", h.entityTag(name, file, info))
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// servable is a file that can be served in part.
type servable interface {
	fs.File
	io.Seeker
}

func (h *staticHandler) open(name string) (servable, fs.FileInfo, error) {
	file, err := h.dir.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	seeker, ok := file.(servable)
	if err == nil && ok && info.Mode().IsRegular() {
		return seeker, info, nil
	}
	_ = file.Close() // it was only opened
	return nil, nil, cmp.Or(err, fs.ErrInvalid)
}

// notFound answers 404 with the site's own page when it has one.
func (h *staticHandler) notFound(w http.ResponseWriter, r *http.Request) {
	page, err := fs.ReadFile(h.dir, "404.html")
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Content-Type-Options", "nosniff")
	if err != nil {
		header.Set("Content-Type", "text/plain; charset=utf-8")
		page = []byte("There is no such page.\n")
	} else {
		header.Set("Content-Type", "text/html; charset=utf-8")
	}
	w.WriteHeader(http.StatusNotFound)
	if r.Method != http.MethodHead {
		_, _ = w.Write(page) // whoever asked may have gone
	}
}
