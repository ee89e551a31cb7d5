package build

import (
	"slices"
	"strings"

	"gondor/app"
)

// offered returns the engine's runtimes of a name, newest first.
func (d *detection) offered(name string) []app.Runtime {
	var all []app.Runtime
	for _, r := range d.runtimes {
		if r.Name == name {
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b app.Runtime) int {
		return compareReleases(release(b.Version), release(a.Version))
	})
	return all
}

// newest returns the engine's newest runtime of a name, which people know as title.
func (d *detection) newest(name, title string) (app.Runtime, error) {
	all := d.offered(name)
	if len(all) == 0 {
		return app.Runtime{}, app.Invalid("", "The site needs %s, which is not installed where this Gondor builds; ask who runs it", title)
	}
	return all[0], nil
}

func versions(runtimes []app.Runtime) string {
	texts := make([]string, len(runtimes))
	for i, r := range runtimes {
		texts[i] = r.Version
	}
	return strings.Join(texts, ", ")
}

// minor is the version up to its second number.
func minor(version string) string {
	parts := strings.Split(version, ".")
	return strings.Join(parts[:min(2, len(parts))], ".")
}
