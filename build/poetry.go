package build

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"gondor/app"
)

// poetryLock is a poetry.lock.
type poetryLock struct {
	Package []poetryPackage `toml:"package"`
}

type poetryPackage struct {
	Name    string
	Version string
	Markers any
	Source  struct {
		Type     string
		URL      string
		Resolved string `toml:"resolved_reference"`
		Subpath  string `toml:"subdirectory"`
	}
}

// poetryLock reads what Poetry would install without its development groups: pip is
// asked for the dependencies that pyproject.toml names, and held to the versions of the
// lock. Poetry itself need not be installed. The lock's hashes are not checked.
func (d *detection) poetryLock(p project) (dependencies, error) {
	w := dependencies{from: "poetry.lock", names: map[string]bool{}, fixed: true}
	text, err := d.text("poetry.lock")
	if err != nil {
		return w, err
	}
	var lock poetryLock
	if err := toml.Unmarshal(text, &lock); err != nil {
		return w, errTOML("poetry.lock", err)
	}
	if p.Tool.Poetry == nil && p.Project == nil {
		return w, app.Invalid("", "poetry.lock is there, but pyproject.toml is not or names no dependencies; commit both")
	}
	pinned := lock.byName()
	wanted := p.poetryRequirements(pinned)
	w.constraints = constraintsOf(lock.Package, pinned)
	for name := range pinned {
		w.names[name] = true
	}
	return w, w.requireAll(wanted)
}

// byName finds packages by their names; one that stands for several platforms has
// several versions.
func (l poetryLock) byName() map[string][]poetryPackage {
	found := map[string][]poetryPackage{}
	for _, p := range l.Package {
		found[normalName(p.Name)] = append(found[normalName(p.Name)], p)
	}
	return found
}

// constraintsOf pins each package that has one version. Of one with several pip chooses,
// within what the others ask.
func constraintsOf(packages []poetryPackage, pinned map[string][]poetryPackage) string {
	var b strings.Builder
	for _, p := range packages {
		fromIndex := p.Source.Type == "" || p.Source.Type == "legacy"
		if len(pinned[normalName(p.Name)]) == 1 && fromIndex && !strings.ContainsAny(p.Name+p.Version, "\n\r") {
			fmt.Fprintf(&b, "%s==%s\n", p.Name, p.Version)
		}
	}
	return b.String()
}

// poetryRequirements are the direct dependencies, as pip writes them.
func (p project) poetryRequirements(pinned map[string][]poetryPackage) []string {
	var lines []string
	if p.Project != nil {
		lines = append(lines, p.Project.Dependencies...)
	}
	if p.Tool.Poetry == nil {
		return lines
	}
	own := p.Tool.Poetry.Dependencies
	for _, name := range slices.Sorted(maps.Keys(own)) {
		details, _ := own[name].(map[string]any) // a plain version has none
		optional, _ := details["optional"].(bool)
		if normalName(name) != "python" && !optional && !namesPackage(lines, name) {
			lines = append(lines, poetryRequirement(name, details, pinned[normalName(name)]))
		}
	}
	return lines
}

// namesPackage reports whether one of the requirements is of that package.
func namesPackage(lines []string, name string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return normalName(namePattern.FindString(line)) == normalName(name) })
}

func poetryRequirement(name string, details map[string]any, locked []poetryPackage) string {
	line := name
	if extras := stringsOf(details["extras"]); len(extras) > 0 {
		line += "[" + strings.Join(extras, ",") + "]"
	}
	if len(locked) == 1 {
		line += locked[0].location()
	}
	if markers, ok := details["markers"].(string); ok {
		line += " ; " + markers
	}
	return line
}

// location is where a package comes from when it is not an index.
func (p poetryPackage) location() string {
	switch p.Source.Type {
	case "git":
		location := " @ git+" + p.Source.URL + "@" + p.Source.Resolved
		if p.Source.Subpath != "" {
			location += "#subdirectory=" + p.Source.Subpath
		}
		return location
	case "url":
		return " @ " + p.Source.URL
	case "directory", "file":
		return " @ file:./" + p.Source.URL
	}
	return ""
}

// stringsOf returns the strings in a decoded list.
func stringsOf(list any) []string {
	items, _ := list.([]any) // anything else has none
	var texts []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
