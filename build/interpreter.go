package build

import (
	"regexp"
	"slices"
	"strings"

	"gondor/app"
)

// demand is what one file says of the version of Python.
type demand struct {
	source string // "requires-python in pyproject.toml"
	text   string
	any    []specifiers // one of them must hold
}

func (d demand) allows(version string) bool {
	return slices.ContainsFunc(d.any, func(s specifiers) bool { return s.allow(version) })
}

// interpreter returns the newest Python of the engine that every demand allows.
func (d *detection) interpreter(demands []demand) (app.Runtime, error) {
	fit := d.offered("python")
	if len(fit) == 0 {
		return d.newest("python", "Python")
	}
	for _, one := range demands {
		fit = slices.DeleteFunc(fit, func(r app.Runtime) bool { return !one.allows(r.Version) })
		if len(fit) == 0 {
			return app.Runtime{}, app.Invalid("", "%s asks for Python %s; available is %s. Change it, or ask who runs this Gondor for another Python",
				one.source, one.text, versions(d.offered("python")))
		}
	}
	return fit[0], nil
}

var pythonVersionPattern = regexp.MustCompile(`^(?:python-|cpython-)?([0-9]+(?:\.[0-9]+){0,2})$`)

// pythonVersionFile reads .python-version: the first line that is no comment. A version
// of fewer than three numbers stands for all that begin so.
func (d *detection) pythonVersionFile() ([]demand, error) {
	text, err := d.text(".python-version")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := pythonVersionPattern.FindStringSubmatch(line)
		if m == nil {
			return nil, app.Invalid("", `.python-version holds %q, which is no version of Python; write one such as "3.11"`, shorten(line))
		}
		return []demand{{source: ".python-version", text: m[1], any: []specifiers{exactly(m[1])}}}, nil
	}
	return nil, nil
}

// exactly is the version, or all that begin with it when it has fewer than three numbers.
func exactly(version string) specifiers {
	numbers := release(version)
	return specifiers{{operator: "==", numbers: numbers, wildcard: len(numbers) < 3}}
}

// requiresPython reads requires-python of pyproject.toml.
func requiresPython(text string) ([]demand, error) {
	if text == "" {
		return nil, nil
	}
	all, err := readSpecifiers(text)
	if err != nil {
		return nil, app.Invalid("", "requires-python in pyproject.toml: %v", err)
	}
	return []demand{{source: "requires-python in pyproject.toml", text: text, any: []specifiers{all}}}, nil
}

var poetryPattern = regexp.MustCompile(`^(\^|~)?\s*v?([0-9]+(?:\.[0-9]+)*)(\.\*)?$`)

// poetryPython reads the Python of Poetry's dependencies: clauses of PEP 440 and
// Poetry's own ^3.9, ~3.9, 3.9 and *, with || between alternatives.
func poetryPython(text string) ([]demand, error) {
	one := demand{source: "python in pyproject.toml", text: text}
	for alternative := range strings.SplitSeq(strings.ReplaceAll(text, "||", "|"), "|") {
		var all specifiers
		for clause := range strings.FieldsFuncSeq(spaced(alternative), func(r rune) bool { return r == ',' || r == ' ' }) {
			some, err := poetryClause(clause)
			if err != nil {
				return nil, app.Invalid("", "python in pyproject.toml: %v", err)
			}
			all = append(all, some...)
		}
		one.any = append(one.any, all)
	}
	return []demand{one}, nil
}

var operatorSpace = regexp.MustCompile(`([<>=!~^])\s+`)

// spaced removes the space behind operators, so that space is only left between clauses.
func spaced(text string) string { return operatorSpace.ReplaceAllString(text, "$1") }

func poetryClause(clause string) (specifiers, error) {
	m := poetryPattern.FindStringSubmatch(clause)
	if clause == "*" {
		return nil, nil
	}
	if m == nil {
		return readSpecifiers(clause)
	}
	numbers := release(m[2])
	from := specifier{operator: ">=", numbers: numbers}
	switch {
	case m[1] == "^":
		return specifiers{from, {operator: "==", numbers: numbers[:firstNonZero(numbers)+1], wildcard: true}}, nil
	case m[1] == "~":
		return specifiers{from, {operator: "==", numbers: numbers[:min(2, len(numbers))], wildcard: true}}, nil
	}
	return exactly(m[2]), nil
}

// firstNonZero is the place of the first number that is not zero, the last when all are.
func firstNonZero(numbers []int) int {
	i := slices.IndexFunc(numbers, func(n int) bool { return n != 0 })
	if i < 0 {
		return len(numbers) - 1
	}
	return i
}
