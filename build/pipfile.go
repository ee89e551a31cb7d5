package build

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"gondor/app"
)

// pipfile is a Pipfile; the zero value is that there is none.
type pipfile struct {
	Packages map[string]any `toml:"packages"`
	Requires struct {
		Version     string `toml:"python_version"`
		FullVersion string `toml:"python_full_version"`
	} `toml:"requires"`
	demands []demand
}

func (d *detection) readPipfile() (pipfile, error) {
	var p pipfile
	text, err := d.text("Pipfile")
	if err != nil {
		return p, err
	}
	if err := toml.Unmarshal(text, &p); err != nil {
		return p, errTOML("Pipfile", err)
	}
	for _, version := range []string{p.Requires.FullVersion, p.Requires.Version} {
		if version != "" && version != "*" {
			p.demands = append(p.demands, demand{source: "python_version in Pipfile", text: version, any: []specifiers{exactly(version)}})
		}
	}
	return p, nil
}

// dependencies are those of a Pipfile without a lock.
func (p pipfile) dependencies() (dependencies, error) {
	w := dependencies{from: "Pipfile", names: map[string]bool{}, fixed: true}
	lines, err := pipRequirements(w.from, p.Packages)
	if err != nil {
		return w, err
	}
	return w, w.requireAll(lines)
}

// pipfileLock reads the packages of Pipfile.lock that are not for development, with
// their versions and hashes, so that pip checks what it gets. Pipenv need not be
// installed.
func (d *detection) pipfileLock() (dependencies, error) {
	w := dependencies{from: "Pipfile.lock", names: map[string]bool{}, fixed: true, arguments: []string{"--no-deps"}}
	text, err := d.text("Pipfile.lock")
	if err != nil {
		return w, err
	}
	var lock struct {
		Default map[string]any `json:"default"`
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return w, app.Invalid("", "Pipfile.lock is not JSON (%v); run pipenv lock and commit it", err)
	}
	lines, err := pipRequirements(w.from, lock.Default)
	if err != nil {
		return w, err
	}
	if len(lines) == 0 {
		w.arguments = nil
	}
	return w, w.requireAll(lines)
}

// pipRequirements writes the packages of a Pipfile, or of its lock, as pip does.
func pipRequirements(from string, packages map[string]any) ([]string, error) {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		switch details := packages[name].(type) {
		case string:
			lines = append(lines, name+pipVersion(details))
		case map[string]any:
			lines = append(lines, pipRequirement(name, details))
		default:
			return nil, app.Invalid("", "%s: %q has no version", from, name)
		}
	}
	return lines, nil
}

func pipVersion(version string) string { return strings.TrimPrefix(version, "*") }

func pipRequirement(name string, details map[string]any) string {
	text := func(key string) string { value, _ := details[key].(string); return value }
	line := name
	if extras := stringsOf(details["extras"]); len(extras) > 0 {
		line += "[" + strings.Join(extras, ",") + "]"
	}
	switch {
	case text("git") != "":
		line += " @ git+" + text("git") + "@" + text("ref")
	case text("file") != "":
		line += " @ " + text("file")
	case text("path") != "":
		return text("path")
	default:
		line += pipVersion(text("version"))
	}
	if markers := text("markers"); markers != "" {
		line += " ; " + markers
	}
	for _, hash := range stringsOf(details["hashes"]) {
		line += " --hash=" + hash
	}
	return line
}
