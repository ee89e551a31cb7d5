package registry

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"time"
)

// blobPath matches a blob of a repository.
var blobPath = regexp.MustCompile(`^/v2/([a-z0-9._/-]+)/blobs/(sha256:[0-9a-f]{64})$`)

// isQuestion reports whether somebody asks for no more than whether a repository has a
// blob. Those who push do, who then leave out what it has.
func isQuestion(request *http.Request) bool {
	return request.Method == http.MethodHead && blobPath.MatchString(request.URL.Path)
}

// renewed makes a blob that a push has asked for as young as one that it has brought: the
// manifest that names it is on its way.
func (r *Registry) renewed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if !isQuestion(request) {
			next.ServeHTTP(w, request)
			return
		}
		said := &heard{ResponseWriter: w}
		next.ServeHTTP(said, request)
		if said.status < http.StatusBadRequest {
			r.renew(request.URL.Path)
		}
	})
}

func (r *Registry) renew(url string) {
	found := blobPath.FindStringSubmatch(url)
	file := path.Join(linkDir(path.Join(repositoryDir(found[1]), layersDir), found[2]), linkFile)
	now := time.Now()
	if err := r.root.Chtimes(file, now, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.options.Logger.Error("a blob was not renewed", "error", err)
	}
}

// heard knows the status of an answer.
type heard struct {
	http.ResponseWriter
	status int // 0: not said, which is success
}

// WriteHeader implements http.ResponseWriter.
func (h *heard) WriteHeader(status int) {
	h.status = status
	h.ResponseWriter.WriteHeader(status)
}
