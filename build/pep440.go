package build

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"gondor/app"
)

// release returns the leading numbers of a version: 3, 11, 2 of "3.11.2rc1".
func release(version string) []int {
	var numbers []int
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.TrimSpace(version), "v"), ".") {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil {
			break
		}
		numbers = append(numbers, n)
		if digits != part {
			break
		}
	}
	return numbers
}

// compareReleases orders releases; missing numbers count as zero (PEP 440, "Version
// scheme": 1.1 and 1.1.0 are the same).
func compareReleases(a, b []int) int {
	for i := range max(len(a), len(b)) {
		if c := cmp.Compare(at(a, i), at(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

func at(numbers []int, i int) int {
	if i < len(numbers) {
		return numbers[i]
	}
	return 0
}

// specifier is one clause of PEP 440, such as >=3.9 or ==3.11.*, for versions that are
// final releases, as those of interpreters are.
type specifier struct {
	operator string
	numbers  []int
	wildcard bool
}

// specifiers are clauses that must all hold.
type specifiers []specifier

var specifierPattern = regexp.MustCompile(`^(===|==|~=|!=|<=|>=|<|>)\s*v?([0-9]+(?:\.[0-9]+)*)(\.\*)?(?:(?:a|b|rc|\.dev|\.post)[0-9]+)?$`)

// readSpecifiers reads clauses with commas between them (PEP 440, "Version
// specifiers"). An error of CodeInvalid names the clause at fault.
func readSpecifiers(text string) (specifiers, error) {
	var all specifiers
	for clause := range strings.SplitSeq(text, ",") {
		clause = strings.TrimSpace(clause)
		if clause == "" {
			continue
		}
		m := specifierPattern.FindStringSubmatch(clause)
		if m == nil {
			return nil, errSpecifier(clause)
		}
		s := specifier{operator: m[1], numbers: release(m[2]), wildcard: m[3] != ""}
		if s.wildcard && s.operator != "==" && s.operator != "!=" || s.operator == "~=" && len(s.numbers) < 2 {
			return nil, errSpecifier(clause)
		}
		all = append(all, s)
	}
	return all, nil
}

func errSpecifier(clause string) error {
	return app.Invalid("", `%q is not a version specifier; write one such as ">=3.9", "==3.11.*" or "~=3.11"`, shorten(clause))
}

// allow reports whether every clause holds for the version.
func (all specifiers) allow(version string) bool {
	numbers := release(version)
	for _, s := range all {
		if !s.allows(numbers) {
			return false
		}
	}
	return true
}

func (s specifier) allows(version []int) bool {
	order := compareReleases(version, s.numbers)
	switch s.operator {
	case "==", "===":
		return order == 0 || s.wildcard && s.begins(version, len(s.numbers))
	case "!=":
		return order != 0 && (!s.wildcard || !s.begins(version, len(s.numbers)))
	case "~=":
		return order >= 0 && s.begins(version, len(s.numbers)-1)
	case ">=":
		return order >= 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order < 0
	}
}

// begins reports whether the first n numbers of both are the same.
func (s specifier) begins(version []int, n int) bool {
	for i := range n {
		if at(version, i) != at(s.numbers, i) {
			return false
		}
	}
	return true
}
