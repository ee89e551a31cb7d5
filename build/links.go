package build

import (
	"archive/tar"
	"maps"
	"path"
	"slices"
	"strings"

	"gondor/app"
)

const (
	// maxFollowed is how many links one path may lead through, as on Linux
	// (path_resolution(7)).
	maxFollowed = 40
	// maxResolving is how many path components are looked at in all for the links of one
	// upload; without it a tangle of links could keep a processor busy for hours.
	maxResolving = 20_000_000
)

// symlink notes a symbolic link; where it leads is known once all entries are.
func (c *checker) symlink(name, target string) error {
	switch {
	case target == "" || len(target) > maxPath || strings.ContainsRune(target, 0):
		return app.Invalid("", "The link %q has a target that can't be used: %q", shorten(name), shorten(target))
	case strings.HasPrefix(target, "/"), drivePattern.MatchString(target):
		return errLeadsOut(name, target)
	}
	c.links[name] = target
	return nil
}

// hardLink checks that the link leads to a file that came before it, and returns the
// file's name.
func (c *checker) hardLink(name, target string) (string, error) {
	clean, err := cleanName(target)
	if err != nil {
		return "", errLeadsOut(name, target)
	}
	if kind, ok := c.entries[clean]; !ok || clean == name || kind != tar.TypeReg && kind != tar.TypeLink {
		return "", app.Invalid("", "The hard link %q leads to %q, which is not a file that comes before it", shorten(name), shorten(target))
	}
	return clean, nil
}

// finish checks what only the whole tree shows: that there is something, and where the
// links lead.
func (c *checker) finish() error {
	if len(c.entries) == 0 {
		return app.Invalid("", "The source is empty; commit the site's files first")
	}
	budget := maxResolving
	for _, name := range slices.Sorted(maps.Keys(c.links)) {
		if _, err := resolve(name, func(p string) (string, bool) { t, ok := c.links[p]; return t, ok }, &budget); err != nil {
			return err
		}
	}
	return nil
}

// resolve follows all links of a path of the tree, as the kernel would, and returns
// the path that it leads to, which need not exist. It is refused when it leads out of the
// tree, also only on the way, or in a circle.
func resolve(name string, link func(string) (string, bool), budget *int) (string, error) {
	at, rest, followed := "", strings.Split(name, "/"), 0
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		if *budget--; *budget < 0 {
			return "", app.Invalid("", "The links of the source lead through each other too often; remove some")
		}
		switch {
		case part == "" || part == ".":
			continue
		case part == ".." && at == "":
			return "", errLeadsOut(name, strings.Join(append([]string{".."}, rest...), "/"))
		case part == "..":
			at = strings.TrimPrefix(path.Dir("/"+at), "/")
			continue
		}
		at = path.Join(at, part)
		target, ok := link(at)
		if !ok {
			continue
		}
		if followed++; followed > maxFollowed {
			return "", app.Invalid("", "The link %q leads in a circle", shorten(name))
		}
		at = strings.TrimPrefix(path.Dir("/"+at), "/")
		rest = append(strings.Split(target, "/"), rest...)
	}
	return at, nil
}

func errLeadsOut(name, target string) error {
	return app.Invalid("", "The link %q leads out of the tree (%q); let it lead to a file of the source, or remove it", shorten(name), shorten(target))
}
