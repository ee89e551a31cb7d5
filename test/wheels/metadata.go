package wheels

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// find returns all distributions below root by their names in the form of PEP 503.
func find(root string) (map[string]distribution, error) {
	found := map[string]distribution{}
	for _, pattern := range []string{"*.egg-info", "*.dist-info"} {
		dirs, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, fmt.Errorf("find packages in %s: %w", root, err)
		}
		for _, dir := range dirs {
			d := distribution{root: root, metadata: filepath.Base(dir)}
			if text, err := d.rawMetadata(); err == nil { // a single file is no directory of metadata
				d.name, d.version = field(text, "Name"), field(text, "Version")
				found[normal(d.name)] = d
			}
		}
	}
	return found, nil
}

var separators = regexp.MustCompile(`[-_.]+`)

func normal(name string) string { return strings.ToLower(separators.ReplaceAllString(name, "-")) }

// field returns the first value of a header of the metadata.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// rawMetadata is the text of PKG-INFO or METADATA.
func (d distribution) rawMetadata() (string, error) {
	for _, name := range []string{"METADATA", "PKG-INFO"} {
		if text, err := d.read(name); err == nil && text != "" {
			return text, nil
		}
	}
	return "", fmt.Errorf("read the metadata in %s: %w", d.metadata, os.ErrNotExist)
}

// metadataText is the metadata with the requirements, which egg-info keeps in a file
// of their own, as headers.
func (d distribution) metadataText() (string, error) {
	text, err := d.rawMetadata()
	if err != nil {
		return "", err
	}
	requires, err := d.read("requires.txt")
	if err != nil || field(text, "Requires-Dist") != "" {
		return text, err
	}
	for _, name := range strippedRequirements[normal(d.name)] {
		requires = name + "\n" + requires
	}
	headers, body, _ := strings.Cut(text, "\n\n")
	return headers + "\n" + requirementHeaders(requires) + "\n" + body, nil
}

// strippedRequirements are those that Debian's packaging takes out of requires.txt,
// because it names them as dependencies of its own packages.
var strippedRequirements = map[string][]string{
	"django":   {"asgiref>=3.3.2,<4", "pytz", "sqlparse>=0.2.2"},
	"gunicorn": {"setuptools>=3.0"},
}

// requirementHeaders turns requires.txt into headers. Its sections are "[extra]",
// "[:marker]" and "[extra:marker]".
func requirementHeaders(requires string) string {
	var b strings.Builder
	condition := ""
	for line := range strings.Lines(requires) {
		line = strings.TrimSpace(line)
		section, isSection := strings.CutPrefix(line, "[")
		switch {
		case line == "":
		case isSection:
			condition = conditionOf(strings.TrimSuffix(section, "]"))
		default:
			fmt.Fprintf(&b, "Requires-Dist: %s%s\n", line, condition)
		}
	}
	return b.String()
}

func conditionOf(section string) string {
	extra, marker, _ := strings.Cut(section, ":")
	switch {
	case extra == "":
		return " ; " + marker
	case marker == "":
		return fmt.Sprintf(" ; extra == %q", extra)
	}
	return fmt.Sprintf(" ; extra == %q and (%s)", extra, marker)
}
