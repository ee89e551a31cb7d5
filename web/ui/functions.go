package ui

import (
	"html/template"
	"time"
)

// functions are what templates can call besides the fields and methods of their view.
func functions(a *assets) template.FuncMap {
	return template.FuncMap{
		"asset":    a.path,
		"sentence": sentence,
		"ago":      ago,
		"exact":    exact,
		"machine":  func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"tone":     tone,
		"field":    newField,
	}
}
