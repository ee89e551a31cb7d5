// Package dotenv reads files of environment variables.
package dotenv

import (
	"strings"
	"unicode/utf8"

	"gondor/app"
)

// MaxSize is the most bytes that a file may have.
const MaxSize = 1 << 20

// Variable is one variable of a file.
type Variable struct{ Key, Value string }

// Parse reads a file of lines KEY=VALUE, as .env files are written for sh and for
// foreman alike:
//
//   - empty lines and lines that begin with # are left out, and so is the word export
//     before a key;
//   - a bare value ends at the line's end or at a # behind white space, white space
//     around it is not part of it;
//   - a value in single quotes is what stands between them, over several lines too;
//   - a value in double quotes likewise, with \n, \r, \t, \\, \" and \$ replaced.
//
// Nothing is expanded. Of a key that stands twice the last one counts, in the place of
// the first. An error of CodeInvalid names the line at fault, never a value.
func Parse(text string) ([]Variable, error) {
	if len(text) > MaxSize {
		return nil, app.Invalid("", "the file has %d bytes; at most %d are read", len(text), MaxSize)
	}
	if !utf8.ValidString(text) {
		return nil, app.Invalid("", "the file is not text in UTF-8")
	}
	p := parser{rest: strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"), line: 1}
	var variables []Variable
	places := map[string]int{}
	for p.skip() {
		v, err := p.variable()
		if err != nil {
			return nil, err
		}
		if place, again := places[v.Key]; again {
			variables[place] = v
			continue
		}
		places[v.Key] = len(variables)
		variables = append(variables, v)
	}
	return variables, nil
}

// Split reads one KEY=VALUE as it is given on a command line: all behind the first = is
// the value.
func Split(assignment string) (Variable, error) {
	key, value, found := strings.Cut(assignment, "=")
	if !found {
		return Variable{}, app.Invalid("", "an argument has no =; write KEY=VALUE")
	}
	if err := check(key, value); err != nil {
		return Variable{}, err
	}
	return Variable{Key: key, Value: value}, nil
}

func check(key, value string) error {
	if err := app.CheckVariableKey("", key); err != nil {
		return err
	}
	return app.CheckVariableValue("", key, value)
}
