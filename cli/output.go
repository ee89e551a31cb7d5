package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"gondor/cli/progress"
)

// The values of --output.
const (
	outputTable = "table"
	outputJSON  = "json"
)

// column is one column of a table.
type column[T any] struct {
	title string
	cell  func(T) string
}

// list shows items: a table for people, an array for programs.
func list[T any](p *Program, items []T, columns ...column[T]) error {
	if p.flags.output == outputJSON {
		if items == nil {
			items = []T{}
		}
		return p.writeJSON(items)
	}
	return table(p.io.Stdout, items, columns...)
}

// table writes a table with a line of titles.
func table[T any](w io.Writer, items []T, columns ...column[T]) error {
	out := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	lines := []string{strings.Join(titles, "\t")}
	for _, item := range items {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = plain(c.cell(item))
		}
		lines = append(lines, strings.Join(cells, "\t"))
	}
	if _, err := fmt.Fprintln(out, strings.Join(lines, "\n")); err != nil {
		return err
	}
	return out.Flush()
}

// plain makes a text fit into a cell: its first line, without tabs.
func plain(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return strings.ReplaceAll(progress.Clean(first), "\t", " ")
}

// checkLimit says what would be right of a --limit that shows nothing.
func checkLimit(limit int) error {
	if limit < 1 {
		return usage("--limit %d is too little; use 1 or more", limit)
	}
	return nil
}

// made tells of what a command made or changed: a sentence for people, the resource for
// programs.
func (p *Program) made(resource any, format string, args ...any) error {
	if p.flags.output == outputJSON {
		return p.writeJSON(resource)
	}
	return p.say(format, args...)
}

func (p *Program) writeJSON(value any) error {
	encoder := json.NewEncoder(p.io.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// moment writes a time as tables have it.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// short is the beginning of a commit's name.
func short(sha string) string { return sha[:min(7, len(sha))] }
