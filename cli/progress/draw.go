package progress

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// outcome is how a step ended: its mark, its word, its colour.
type outcome struct{ mark, word, color string }

var (
	succeeded = outcome{"✓", "done", "32"}
	failed    = outcome{"✗", "failed", "31"}
	left      = outcome{"…", "goes on", "33"}
)

// Sequences of ECMA-48.
const (
	clearLine = "\r\x1b[K"
	dim       = "2"
)

// draw writes whole lines above the last one and draws that anew, where it has changed,
// in one write. That it fails shows when the program's own output does.
func (d *Display) draw(lines string) {
	last := d.last()
	if lines == "" && last == d.drawn {
		return
	}
	var b strings.Builder
	if d.drawn != "" {
		b.WriteString(clearLine)
	}
	b.WriteString(lines)
	b.WriteString(last)
	d.drawn = last
	_, _ = io.WriteString(d.options.Out, b.String())
}

// last is what belongs on the last line: the step, its detail and its time.
func (d *Display) last() string {
	if !d.options.Terminal || d.step == "" {
		return ""
	}
	text := "  " + d.step
	if d.detail != "" {
		text += ": " + d.detail
	}
	elapsed := "  " + seconds(d.options.Now().Sub(d.began).Truncate(time.Second))
	return d.colored(dim, cut(text, d.options.Width()-len(elapsed)-1)+elapsed)
}

// cut shortens a text to so many characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	return string(runes[:max(0, min(width-1, len(runes)))]) + "…"
}

// endText is the line that stays of the step that was at work, which ends.
func (d *Display) endText(how outcome) string {
	flushed := d.flush()
	if d.step == "" {
		return flushed
	}
	elapsed := seconds(d.options.Now().Sub(d.began).Round(100 * time.Millisecond))
	line := fmt.Sprintf("%s: %s after %s\n", d.step, how.word, elapsed)
	if d.options.Terminal {
		line = fmt.Sprintf("%s %s  %s\n", d.colored(how.color, how.mark), d.step, d.colored(dim, elapsed))
	}
	d.step, d.detail = "", ""
	return flushed + line
}

func (d *Display) colored(color, text string) string {
	if !d.options.Color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// seconds writes a time as people read it: "3 s", "2.5 s", "1 min 5 s".
func seconds(t time.Duration) string {
	if t >= time.Minute {
		return fmt.Sprintf("%d min %d s", t/time.Minute, t%time.Minute/time.Second)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", t.Seconds()), ".0") + " s"
}
