package build

import (
	"archive/tar"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"gondor/app"
)

// What Linux can store, NAME_MAX and PATH_MAX of limits.h.
const (
	maxComponent = 255
	maxPath      = 4000
)

// checker looks at the entries of one upload, one after the other, and makes of each
// the entry that is kept.
type checker struct {
	left    int // entries that may still come
	size    int64
	limits  Limits
	entries map[string]byte   // what stands at a path: a tar.Type…
	links   map[string]string // symbolic link -> target
	commit  string
}

func newChecker(limits Limits) *checker {
	return &checker{left: limits.Entries, limits: limits, entries: map[string]byte{}, links: map[string]string{}}
}

// check returns the entry to keep, nil for one to leave out, or why the upload is
// refused.
func (c *checker) check(h *tar.Header) (*tar.Header, error) {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return c.globalHeader(h), nil
	}
	if c.left--; c.left < 0 {
		return nil, app.Fault(app.CodeTooLarge, "The source has more than %d files; leave out what the build does not need", c.limits.Entries)
	}
	// A sparse file can claim terabytes in a few bytes, so the claim itself is counted.
	if c.size += h.Size; h.Size < 0 || c.size > c.limits.Unpacked {
		return nil, app.Fault(app.CodeTooLarge, "The source is larger than %s when unpacked; leave out what the build does not need", megabytes(c.limits.Unpacked))
	}
	name, err := cleanName(h.Name)
	if err != nil {
		return nil, err
	}
	if name == "." && h.Typeflag == tar.TypeDir {
		return nil, nil
	}
	if err := c.place(name, h.Typeflag); err != nil {
		return nil, err
	}
	return c.entry(name, h)
}

// globalHeader keeps the comment of git archive, which is the commit.
func (c *checker) globalHeader(h *tar.Header) *tar.Header {
	c.commit = commitOf(h)
	if c.commit == "" || len(c.entries) > 0 {
		return nil
	}
	return &tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": c.commit}}
}

var commitPattern = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// commitOf returns the commit in git archive's global header, "" when there is none.
func commitOf(h *tar.Header) string {
	if comment := h.PAXRecords["comment"]; commitPattern.MatchString(comment) {
		return comment
	}
	return ""
}

var drivePattern = regexp.MustCompile(`^[A-Za-z]:`)

// cleanName returns the name without "./" and doubled slashes, or why it is refused.
func cleanName(name string) (string, error) {
	clean := path.Clean(name)
	switch {
	case name == "", len(name) > maxPath, !utf8.ValidString(name), strings.ContainsRune(name, 0):
		return "", app.Invalid("", "The source holds a file whose name can't be used: %q", shorten(name))
	case strings.HasPrefix(name, "/"), drivePattern.MatchString(name), strings.HasPrefix(name, `\`):
		return "", app.Invalid("", "The source holds the absolute path %q; all paths must lie within the tree", shorten(name))
	case strings.Contains("/"+name+"/", "/../"), strings.Contains(`\`+name+`\`, `\..\`):
		return "", app.Invalid("", `The source holds the path %q, which leads out of the tree with ".."`, shorten(name))
	}
	for part := range strings.SplitSeq(clean, "/") {
		if len(part) > maxComponent {
			return "", app.Invalid("", "The source holds a file whose name is longer than %d bytes: %q", maxComponent, shorten(part))
		}
	}
	return clean, nil
}

// place notes what stands at the path and refuses what would stand in for, or below,
// something else.
func (c *checker) place(name string, kind byte) error {
	before, taken := c.entries[name]
	if taken && (before != tar.TypeDir || kind != tar.TypeDir) {
		return app.Invalid("", "The source holds %q twice", shorten(name))
	}
	c.entries[name] = kind
	for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
		above, known := c.entries[parent]
		switch {
		case known && above == tar.TypeDir:
			return nil // and so are all above it
		case known:
			return app.Invalid("", "The source holds %q below %q, which is not a directory", shorten(name), shorten(parent))
		}
		c.entries[parent] = tar.TypeDir
	}
	return nil
}

// entry makes the entry to keep: name, kind, contents, permissions and time, and
// nothing else. Bits that would lend a user's rights are dropped.
func (c *checker) entry(name string, h *tar.Header) (*tar.Header, error) {
	clean := &tar.Header{Typeflag: h.Typeflag, Name: name, ModTime: cleanTime(h.ModTime), Format: tar.FormatPAX}
	switch h.Typeflag {
	case tar.TypeReg:
		clean.Size, clean.Mode = h.Size, h.Mode&0o777|0o600
	case tar.TypeDir:
		clean.Name, clean.Mode = name+"/", h.Mode&0o777|0o700
	case tar.TypeSymlink:
		clean.Linkname, clean.Mode = h.Linkname, 0o777
		return clean, c.symlink(name, h.Linkname)
	case tar.TypeLink:
		target, err := c.hardLink(name, h.Linkname)
		clean.Linkname, clean.Mode = target, h.Mode&0o777|0o600
		return clean, err
	default:
		return nil, app.Invalid("", "The source holds %q, which is neither a file, a directory nor a link; remove it", shorten(name))
	}
	return clean, nil
}

// cleanTime keeps a time within what every file system can store.
func cleanTime(t time.Time) time.Time {
	if t.Unix() < 0 || t.Unix() > 1<<32 {
		return time.Unix(0, 0)
	}
	return t.Truncate(time.Second)
}

func shorten(text string) string {
	if len(text) > 120 {
		return text[:120] + "…"
	}
	return text
}
