package build

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"gondor/app"
)

var (
	goModulePattern  = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)"?`)
	goVersionPattern = regexp.MustCompile(`(?m)^go\s+(\d+(?:\.\d+)*)`)
	goMainPattern    = regexp.MustCompile(`(?m)^package\s+main\b`)
	goIgnorePattern  = regexp.MustCompile(`(?m)^//go:build\s+ignore\b`)
	majorPattern     = regexp.MustCompile(`^v[0-9]+$`)
)

// golang plans a Go module: all its commands are built into bin.
func (d *detection) golang() error {
	text, err := d.text("go.mod")
	if err != nil {
		return err
	}
	runtime, err := d.goRuntime(text)
	if err != nil {
		return err
	}
	mains, err := d.goMains(goModule(text))
	if err != nil {
		return err
	}
	d.addLanguage("Go "+minor(runtime.Version), "go")
	d.addEnv(map[string]string{"PATH": "${APP}/bin"})
	command := "mkdir -p bin && " + quote(runtime.Path) + " build -trimpath -buildvcs=false -o bin/ ./..."
	d.addStep("Build", command, map[string]string{
		"GOCACHE": "${CACHE}/go/build", "GOPATH": "${CACHE}/go", "GOMODCACHE": "${CACHE}/go/modules",
		"GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local",
	})
	switch len(mains) {
	case 0:
		return app.Invalid("", "go.mod is there, but no package main outside of testdata and vendor; add one, such as main.go in the root")
	case 1:
		d.defaultWeb("exec bin/" + mains[0])
	default:
		d.missing = "the module has several commands: " + strings.Join(mains, ", ")
	}
	return nil
}

// goRuntime returns the engine's newest Go when it is as new as go.mod asks for.
func (d *detection) goRuntime(text []byte) (app.Runtime, error) {
	runtime, err := d.newest("go", "Go")
	if err != nil {
		return runtime, err
	}
	if m := goVersionPattern.FindSubmatch(text); m != nil && compareReleases(release(string(m[1])), release(runtime.Version)) > 0 {
		return runtime, app.Invalid("", "go.mod asks for Go %s; available is %s. Lower the go line of go.mod, or ask who runs this Gondor for a newer Go", m[1], runtime.Version)
	}
	return runtime, nil
}

// goModule is the module's path.
func goModule(text []byte) string {
	if m := goModulePattern.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return "main"
}

// goMains returns the names of the module's commands as go build names them, in order.
func (d *detection) goMains(module string) ([]string, error) {
	var names []string
	err := fs.WalkDir(d.tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (skipped(name) || strings.HasPrefix(entry.Name(), "_") || name != "." && d.has(name+"/go.mod")):
			return fs.SkipDir
		case !isGoFile(entry):
			return nil
		}
		main, err := d.isGoMain(name)
		if command := goCommand(module, path.Dir(name)); main && !slices.Contains(names, command) {
			names = append(names, command)
		}
		return err
	})
	slices.Sort(names)
	return names, err
}

func isGoFile(entry fs.DirEntry) bool {
	name := entry.Name()
	return entry.Type().IsRegular() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") &&
		!strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".")
}

func (d *detection) isGoMain(name string) (bool, error) {
	text, err := d.text(name)
	if err != nil {
		return false, err
	}
	head := goMainPattern.FindIndex(text)
	return head != nil && !goIgnorePattern.Match(text[:head[0]]) && !bytes.Contains(text[:head[0]], []byte("\npackage ")), nil
}

// goCommand names the program that go build makes of a directory: the last element of
// its import path that is no major version.
func goCommand(module, dir string) string {
	full := path.Join(module, dir)
	if base := path.Base(full); majorPattern.MatchString(base) {
		return path.Base(path.Dir(full))
	}
	return path.Base(full)
}
