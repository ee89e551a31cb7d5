package ui

import (
	"reflect"
	"time"
)

// views are the pages: the template of that name is executed with that view.
func views() map[string]reflect.Type {
	return map[string]reflect.Type{
		"failure":          reflect.TypeFor[failureView](),
		"sign-in":          reflect.TypeFor[signInView](),
		"sites":            reflect.TypeFor[sitesView](),
		"site":             reflect.TypeFor[siteView](),
		"site-environment": reflect.TypeFor[siteEnvironmentView](),
		"alerts":           reflect.TypeFor[alertsView](),
		"instance":         reflect.TypeFor[instanceView](),
		"settings":         reflect.TypeFor[settingsView](),
		"service":          reflect.TypeFor[serviceView](),
		"releases":         reflect.TypeFor[releasesView](),
		"release":          reflect.TypeFor[releaseView](),
		"build":            reflect.TypeFor[buildView](),
		"environment":      reflect.TypeFor[environmentView](),
		"hosts":            reflect.TypeFor[hostsView](),
		"tasks":            reflect.TypeFor[tasksView](),
		"task-run":         reflect.TypeFor[taskRunView](),
		"logs":             reflect.TypeFor[logsView](),
		"terminal":         reflect.TypeFor[terminalView](),
		"run":              reflect.TypeFor[runView](),
		"events":           reflect.TypeFor[feedView](),
		"users":            reflect.TypeFor[usersView](),
		"account":          reflect.TypeFor[accountView](),
	}
}

// sampleDepth bounds how deep a sample is filled: views are shallow, and the nouns in
// them hold no noun of their own kind.
const sampleDepth = 8

// sample returns a view to check a template with: empty, or with something in every field.
func sample(t reflect.Type, full bool) any {
	value := reflect.New(t).Elem()
	if full {
		fill(value, sampleDepth)
	}
	return value.Interface()
}

func fill(v reflect.Value, depth int) {
	if depth == 0 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("sample")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth-1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth-1)
	case reflect.Struct:
		fillStruct(v, depth)
	}
}

func fillStruct(v reflect.Value, depth int) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000, 0)))
		return
	}
	for i := range v.NumField() {
		fill(v.Field(i), depth-1)
	}
}
