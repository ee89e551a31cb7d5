package registry

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
)

// disk counts the bytes that the registry keeps. Layers that come again, for another
// repository, are kept once and counted each time, until it measures.
type disk struct {
	root      *os.Root
	budget    int64 // 0: none
	used      atomic.Int64
	measuring sync.Mutex
}

// measure counts anew. What is written meanwhile may count twice, until the next time.
func (d *disk) measure() error {
	d.measuring.Lock()
	defer d.measuring.Unlock()
	before, total := d.used.Load(), int64(0)
	err := fs.WalkDir(d.root.FS(), ".", func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // an upload that has just ended
		}
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("measure what the registry keeps: %w", err)
	}
	d.used.Add(total - before)
	return nil
}

// fits reports whether so many bytes more are inside the budget. It says no only after it
// has measured.
func (d *disk) fits(more int64) (bool, error) {
	if d.seems(more) {
		return true, nil
	}
	err := d.measure()
	return err == nil && d.seems(more), err
}

// seems is fits as far as the count tells.
func (d *disk) seems(more int64) bool {
	return d.budget == 0 || d.used.Load()+max(more, 0) <= d.budget
}

// within refuses uploads that the budget has no room for.
func (r *Registry) within(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if r.disk.budget == 0 || !brings(request) {
			next.ServeHTTP(w, request)
			return
		}
		if !r.hasRoom(request) {
			r.refuseFull(w)
			return
		}
		body := &countedBody{ReadCloser: request.Body, disk: r.disk}
		request = request.WithContext(request.Context()) // a copy, to change it
		request.Body = body
		next.ServeHTTP(&answer{ResponseWriter: w, registry: r, body: body}, request)
		if body.full {
			r.forget(request.URL.Path)
		}
	})
}

// brings reports whether a request brings bytes or is the first of some that do.
func brings(r *http.Request) bool {
	if !strings.Contains(r.URL.Path, "/blobs/uploads/") {
		return false
	}
	return r.Method == http.MethodPost && !r.URL.Query().Has("mount") ||
		(r.Method == http.MethodPatch || r.Method == http.MethodPut) && r.ContentLength != 0
}

// hasRoom collects garbage when there is none. One byte more is the least that comes.
func (r *Registry) hasRoom(request *http.Request) bool {
	more := max(request.ContentLength, 1)
	fits, err := r.disk.fits(more)
	if !fits && err == nil {
		err = r.Collect(request.Context())
		fits = r.disk.seems(more)
	}
	if err != nil {
		r.options.Logger.Error("no room was made for a push", "error", err)
	}
	return fits
}

func (r *Registry) refuseFull(w http.ResponseWriter) {
	refuse(w, http.StatusInsufficientStorage, "DENIED", fmt.Sprintf(
		"The registry is full: it may keep %s. Delete sites and instances that nobody needs, or give it more with --budget.",
		bytesText(r.disk.budget)))
}

// bytesText writes a number of bytes for people.
func bytesText(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if n >= unit.size {
			return fmt.Sprintf("%.4g %s", float64(n)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

// uploadPath matches where an upload is sent to: its repository and its ID.
var uploadPath = regexp.MustCompile(`^/v2/([a-z0-9._/-]+)/blobs/uploads/([0-9a-f-]{36})$`)

// forget removes an upload that will never end.
func (r *Registry) forget(url string) {
	found := uploadPath.FindStringSubmatch(url)
	if found == nil {
		return
	}
	err := tree{r.root}.remove(path.Join(repositoryDir(found[1]), uploadsDir, found[2]))
	if err = errors.Join(err, r.disk.measure()); err != nil {
		r.options.Logger.Error("an upload was not forgotten", "error", err)
	}
}

// errFull ends the reading of a body that does not fit.
var errFull = errors.New("the registry is full")

// countedBody counts what is read of it, and ends when the disk is full.
type countedBody struct {
	io.ReadCloser
	disk *disk
	full bool
}

// Read implements io.Reader.
func (b *countedBody) Read(p []byte) (int, error) {
	if b.full {
		return 0, errFull
	}
	n, err := b.ReadCloser.Read(p)
	b.disk.used.Add(int64(n))
	fits, fault := b.disk.fits(0)
	if fault != nil {
		return n, fault
	}
	if !fits {
		b.full = true
		return n, errFull
	}
	return n, err
}

// answer says that the disk is full in place of the error that this led to.
type answer struct {
	http.ResponseWriter
	registry *Registry
	body     *countedBody
	replaced bool
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.body.full && !a.replaced && status >= http.StatusBadRequest {
		a.replaced = true
		a.Header().Del("Content-Length")
		a.registry.refuseFull(a.ResponseWriter)
		return
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (a *answer) Write(p []byte) (int, error) {
	if a.replaced {
		return len(p), nil
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what is inside.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
