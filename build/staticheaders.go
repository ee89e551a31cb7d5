package build

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
)

// maxHashed is the largest file whose tag is made of its contents.
const maxHashed = 16 << 20

// entityTag names a version of a file: a hash of its contents, because files of one
// commit share their time; of a very large one its time and size.
func (h *staticHandler) entityTag(name string, file io.ReadSeeker, info fs.FileInfo) string {
	if tag, ok := h.tags.Load(name); ok {
		return tag.(string)
	}
	tag := fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size())
	if info.Size() <= maxHashed {
		hash := sha256.New()
		_, err := io.Copy(hash, file)
		if _, again := file.Seek(0, io.SeekStart); err != nil || again != nil {
			return tag // what can't be read now fails again, and openly, when it is sent
		}
		tag = `"` + hex.EncodeToString(hash.Sum(nil)[:12]) + `"`
	}
	h.tags.Store(name, tag)
	return tag
}

// types are those that must not hang on what the machine's own table says.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8", ".xml": "text/xml; charset=utf-8", ".wasm": "application/wasm",
	".webmanifest": "application/manifest+json", ".ico": "image/x-icon", ".woff2": "font/woff2", ".avif": "image/avif", ".webp": "image/webp",
}

func contentType(name string) string {
	extension := strings.ToLower(path.Ext(name))
	return cmp.Or(types[extension], mime.TypeByExtension(extension), "application/octet-stream")
}

// hashedPattern finds a hash of eight characters or more between the name and its end, as
// build tools write it: app.3f2a9c1b.js, app-DiwrgTda.js. It must hold a digit or a capital,
// so that "component" is none.
var hashedPattern = regexp.MustCompile(`[.-]([A-Za-z0-9_]{8,64})\.[a-z0-9]+$`)

func cacheControl(name string) string {
	m := hashedPattern.FindStringSubmatch(path.Base(name))
	if m != nil && strings.ContainsAny(m[1], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") && path.Ext(name) != ".html" {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

// takesGzip reads Accept-Encoding as far as gzip goes.
func takesGzip(r *http.Request) bool {
	for item := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, parameters, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			quality := strings.ReplaceAll(strings.TrimSpace(parameters), " ", "")
			return strings.Trim(strings.TrimPrefix(strings.ToLower(quality), "q="), "0.") != "" || quality == ""
		}
	}
	return false
}
