package ui

import (
	"fmt"
	"reflect"

	"gondor/app"
)

// field is one labelled input of a form, with what was typed and what was wrong.
type field struct {
	ID    string
	Name  string
	Label string
	Type  string
	Value string
	Fault string
	Hint  string
}

// newField makes the field of a form. Its ID is unique in a page because the form's name is.
func newField(f form, name, label, kind, hint string) field {
	return field{
		ID: f.Name + "-" + name, Name: name, Label: label, Type: kind, Hint: hint,
		Value: f.Values[name], Fault: f.Faults[name],
	}
}

// choice is one labelled list to choose from.
type choice struct {
	field
	Options []option
}

// option is one of a choice; Value is sent and Text is shown.
type option struct {
	Value    string
	Text     string
	Selected bool
}

// newChoice makes a choice among what options holds: a slice of strings of any kind, sizes,
// resource groups or options. chosen is selected until something else was.
func newChoice(f form, name, label string, options any, chosen string) choice {
	made := choice{field: newField(f, name, label, "", "")}
	selected := f.Or(name, chosen)
	add := func(value, text string) {
		made.Options = append(made.Options, option{Value: value, Text: text, Selected: value == selected})
	}
	switch list := options.(type) {
	case []option:
		for _, one := range list {
			add(one.Value, one.Text)
		}
	case app.Sizes:
		for _, size := range list {
			add(size.Name, sizeText(size))
		}
	case []app.ResourceGroup:
		for _, group := range list {
			add(string(group.ID), group.Name)
		}
	default:
		values := reflect.ValueOf(options)
		for i := range values.Len() {
			add(values.Index(i).String(), values.Index(i).String())
		}
	}
	return made
}

func sizeText(size app.Size) string {
	return fmt.Sprintf("%s (%g CPU, %d MB)", size.Name, size.CPU, size.Memory>>20)
}
