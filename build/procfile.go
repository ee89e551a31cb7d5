package build

import (
	"bufio"
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"gondor/app"
)

// maxProcfile is the most bytes that a Procfile may have.
const maxProcfile = 64 << 10

// ReadProcfile reads a Procfile: one "type: command" a line; empty lines and lines that
// begin with # are left out, line ends may be those of Windows. It returns the commands
// by their process types, at least one. An error of CodeInvalid names the line at fault
// and says what would be right.
func ReadProcfile(text []byte) (map[string]string, error) {
	if len(text) > maxProcfile {
		return nil, app.Invalid("", "The Procfile has %d bytes; at most %d are read", len(text), maxProcfile)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	processes, lines := map[string]string{}, map[string]int{}
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, maxProcfile+1)
	for number := 1; scanner.Scan(); number++ {
		name, command, err := procfileLine(scanner.Text(), number)
		switch {
		case err != nil:
			return nil, err
		case name == "":
			continue
		case lines[name] > 0:
			return nil, app.Invalid("", "Procfile, line %d: %q stands on line %d already; give each process type one line", number, name, lines[name])
		}
		processes[name], lines[name] = command, number
	}
	if len(processes) == 0 {
		return nil, app.Invalid("", `The Procfile names no process; write a line such as "web: gunicorn mysite.wsgi"`)
	}
	return processes, nil
}

// procfileLine reads one line; all is empty for a comment.
func procfileLine(line string, number int) (name, command string, err error) {
	line = strings.TrimFunc(line, unicode.IsSpace)
	if line == "" || strings.HasPrefix(line, "#") {
		return "", "", nil
	}
	name, command, found := strings.Cut(line, ":")
	name, command = strings.TrimSpace(name), strings.TrimSpace(command)
	switch {
	case !utf8.ValidString(line) || strings.IndexFunc(line, isControl) >= 0:
		return "", "", app.Invalid("", "Procfile, line %d: it holds characters that are not text; write it in UTF-8", number)
	case !found:
		return "", "", app.Invalid("", `Procfile, line %d: %q has no colon; write "type: command", such as "web: gunicorn mysite.wsgi"`, number, line)
	case app.CheckProcessType("", name) != nil:
		return "", "", app.Invalid("", `Procfile, line %d: %q is not a process type; use letters, digits, hyphens and underscores, such as "web"`, number, name)
	case command == "":
		return "", "", app.Invalid("", `Procfile, line %d: %q has no command; write "%s: command"`, number, name, name)
	}
	return name, command, nil
}

func isControl(r rune) bool { return r != '\t' && unicode.IsControl(r) }
