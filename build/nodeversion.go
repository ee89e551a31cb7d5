package build

import (
	"encoding/json"
	"regexp"
	"strings"
)

// nodeDemand is the range of Node.js versions that a site asks for, and where; "" when
// it asks for none. package.json's engines come before .node-version and .nvmrc.
func (d *detection) nodeDemand(p nodePackage) (source, text string, err error) {
	var engines struct{ Node string }
	if json.Unmarshal(p.Engines, &engines) == nil && engines.Node != "" {
		return "engines in package.json", engines.Node, nil
	}
	for _, name := range []string{".node-version", ".nvmrc"} {
		file, err := d.text(name)
		if err != nil {
			return "", "", err
		}
		if version := strings.TrimSpace(string(file)); nodeVersionPattern.MatchString(version) {
			return name, version, nil
		}
	}
	return "", "", nil
}

var (
	nodeVersionPattern = regexp.MustCompile(`^v?[0-9]+(\.[0-9]+){0,2}$`)
	nodeRangePattern   = regexp.MustCompile(`^(>=|<=|>|<|=|\^|~)?v?([0-9]+(?:\.[0-9]+)*)((?:\.[xX*])*)$`)
	hyphenPattern      = regexp.MustCompile(`(\S+)\s+-\s+(\S+)`)
)

// nodeAllows reports whether a version is within a range as npm writes them: >=18,
// ^20.1, 20.x, 18 || 20, 18 - 20. What is no such range ("lts/*") allows all.
func nodeAllows(text, version string) bool {
	for alternative := range strings.SplitSeq(text, "||") {
		alternative = hyphenPattern.ReplaceAllString(spaced(alternative), ">=$1 <=$2")
		all := true
		for clause := range strings.FieldsSeq(alternative) {
			all = all && nodeClause(clause, release(version))
		}
		if all {
			return true
		}
	}
	return false
}

func nodeClause(clause string, version []int) bool {
	m := nodeRangePattern.FindStringSubmatch(clause)
	if m == nil {
		return true
	}
	numbers := release(m[2])
	same := specifier{numbers: numbers}
	order := compareReleases(version, numbers)
	switch m[1] {
	case ">=":
		return order >= 0
	case "<=": // 20 stands for 20.x here
		return order <= 0 || same.begins(version, len(numbers))
	case ">":
		return order > 0 && !same.begins(version, len(numbers))
	case "<":
		return order < 0
	case "^":
		return order >= 0 && same.begins(version, firstNonZero(numbers)+1)
	case "~":
		return order >= 0 && same.begins(version, min(2, len(numbers)))
	default:
		return same.begins(version, len(numbers))
	}
}

// major is the first number of a version.
func major(version string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	return first
}
