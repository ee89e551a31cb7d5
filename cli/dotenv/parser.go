package dotenv

import (
	"strings"

	"gondor/app"
)

// parser goes through a file from variable to variable.
type parser struct {
	rest string
	line int // of the first byte of rest, from 1
}

func (p *parser) fault(line int, format string, args ...any) error {
	return app.Invalid("", "line %d: "+format, append([]any{line}, args...)...)
}

// take removes n bytes of the rest and returns them.
func (p *parser) take(n int) string {
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	p.line += strings.Count(taken, "\n")
	return taken
}

// toLineEnd takes what is left of the line, without its end.
func (p *parser) toLineEnd() string {
	end := strings.IndexByte(p.rest, '\n')
	if end < 0 {
		return p.take(len(p.rest))
	}
	return strings.TrimSuffix(p.take(end+1), "\n")
}

// skip goes to the next variable; false when there is none.
func (p *parser) skip() bool {
	for p.rest != "" {
		p.take(len(p.rest) - len(strings.TrimLeft(p.rest, " \t\n\r\v\f")))
		if !strings.HasPrefix(p.rest, "#") {
			break
		}
		p.toLineEnd()
	}
	return p.rest != ""
}

// variable reads one assignment, to the end of its last line.
func (p *parser) variable() (Variable, error) {
	line := p.line
	end := strings.IndexAny(p.rest, "=\n")
	if end < 0 || p.rest[end] == '\n' {
		return Variable{}, p.fault(line, "there is no =; write KEY=VALUE")
	}
	key := strings.TrimSpace(strings.TrimSuffix(p.take(end+1), "="))
	if rest, exported := strings.CutPrefix(key, "export"); exported && strings.TrimLeft(rest, " \t") != rest {
		key = strings.TrimSpace(rest)
	}
	value, err := p.value(line)
	if err != nil {
		return Variable{}, err
	}
	if err := check(key, value); err != nil {
		return Variable{}, p.fault(line, "%s", err)
	}
	return Variable{Key: key, Value: value}, nil
}

func (p *parser) value(line int) (string, error) {
	p.take(len(p.rest) - len(strings.TrimLeft(p.rest, " \t")))
	if p.rest == "" || (p.rest[0] != '"' && p.rest[0] != '\'') {
		return bare(p.toLineEnd()), nil
	}
	quote := p.rest[0]
	end := closing(p.rest, quote)
	if end < 0 {
		return "", p.fault(line, "the quote %c is not closed", quote)
	}
	value := p.take(end + 1)[1:end]
	if rest := strings.TrimSpace(p.toLineEnd()); rest != "" && rest[0] != '#' {
		return "", p.fault(line, "there is something behind the closing quote; quote the whole value")
	}
	if quote == '"' {
		value = unescape.Replace(value)
	}
	return value, nil
}

// bare cuts a comment and white space off a value without quotes.
func bare(value string) string {
	for i := range value {
		if value[i] == '#' && (i == 0 || value[i-1] == ' ' || value[i-1] == '\t') {
			value = value[:i]
			break
		}
	}
	return strings.TrimSpace(value)
}

// closing finds the quote that ends a value; within double quotes a backslash hides one.
func closing(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i
		case text[i] == '\\' && quote == '"':
			i++
		}
	}
	return -1
}

// unescape replaces what a backslash stands for in double quotes; before another
// character it stands for itself.
var unescape = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\\`, `\`, `\"`, `"`, `\$`, "$")
