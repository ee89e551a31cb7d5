package progress

import (
	"regexp"
	"strings"
	"unicode"
)

// maxPartial is the longest piece of a line that is kept back.
const maxPartial = 64 << 10

// Write implements io.Writer for what the work itself writes: whole lines are shown
// indented; what would move the cursor or ring the bell is left out. It never fails.
func (d *Display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := d.partial + string(p)
	end := strings.LastIndexByte(text, '\n') + 1
	d.partial = text[end:]
	shown := indented(text[:end])
	if len(d.partial) > maxPartial {
		shown += d.flush()
	}
	if shown != "" {
		d.draw(shown)
	}
	return len(p), nil
}

// flush takes what waits for the end of its line.
func (d *Display) flush() string {
	if d.partial == "" {
		return ""
	}
	text := indented(d.partial + "\n")
	d.partial = ""
	return text
}

// indented returns lines, each with its end, as they may be shown.
func indented(lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		b.WriteString("  " + Clean(line) + "\n")
	}
	return b.String()
}

var (
	// color matches the sequences that only change how text looks (ECMA-48 8.3.117).
	color = regexp.MustCompile(`^\x1b\[[0-9;:]*m`)
	// control matches other control sequences and strings (ECMA-48 section 5.4, 5.6).
	control = regexp.MustCompile(`^\x1b(\[[0-?]*[ -/]*[@-~]|[\]P_^X][^\x07\x1b]*(\x07|\x1b\\)?|[ -/]*[0-~]?)`)
)

// Clean returns one line of foreign output without its end and without what would move
// a terminal's cursor or speak to it otherwise; colours stay, and are ended. Of a line
// that was written over, the last version stays.
func Clean(line string) string {
	line = strings.TrimRight(line, "\r\n")
	line = line[strings.LastIndexByte(line, '\r')+1:]
	var b strings.Builder
	colored := false
	for line != "" {
		taken := 1
		if keep := color.FindString(line); keep != "" {
			b.WriteString(keep)
			taken, colored = len(keep), true
		} else if drop := control.FindString(line); drop != "" {
			taken = len(drop)
		} else {
			taken = cleanRune(&b, line)
		}
		line = line[taken:]
	}
	if colored {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// cleanRune writes the first character of a line unless it is a control character, and
// returns how many bytes it has.
func cleanRune(b *strings.Builder, line string) int {
	for i, r := range line {
		if i > 0 {
			return i
		}
		if r == '\t' || !unicode.IsControl(r) {
			b.WriteRune(r)
		}
	}
	return len(line)
}
