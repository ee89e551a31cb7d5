package ui

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
