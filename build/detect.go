package build

import (
	"io/fs"
	"maps"
	"slices"
	"strings"

	"gondor/app"
)

// Detect makes the plan of a tree's build. It looks for package.json (Node.js), then
// for Python's requirements.txt, pyproject.toml, poetry.lock, Pipfile or manage.py,
// or else for go.mod (what stands beside Node.js is built after it), then for index.html;
// a Procfile is enough for anything else, and always says which processes there are.
// runtimes are what the engine offers.
//
// An error of CodeInvalid says what to do about a tree that can't be built. Only small
// files are read. The same tree and runtimes give the same plan.
func Detect(tree fs.FS, runtimes []app.Runtime) (app.Plan, error) {
	d := &detection{source: source{tree}, runtimes: runtimes}
	d.plan.Env, d.plan.Processes = map[string]string{}, map[string]string{}
	if err := d.refuseNothing(); err != nil {
		return app.Plan{}, err
	}
	for _, read := range []func() error{d.readConfig, d.readProcfile, d.lfsPointers, d.languages, d.expectProcesses} {
		if err := read(); err != nil {
			return app.Plan{}, err
		}
	}
	d.tellNotes()
	return d.plan, nil
}

// detection is the plan as it grows.
type detection struct {
	source
	runtimes []app.Runtime
	plan     app.Plan
	procfile bool     // there is one
	missing  string   // why the language has no web process of its own, with what to do
	notes    []string // told at the head of the build's log
}

func (d *detection) refuseNothing() error {
	entries, err := fs.ReadDir(d.tree, ".")
	if err != nil {
		return d.fault(".", err)
	}
	if len(entries) == 0 {
		return app.Invalid("", "The source is empty; commit the site's files first")
	}
	return nil
}

func (d *detection) readConfig() error {
	text, err := d.text(ConfigFile)
	if err != nil {
		return err
	}
	config, err := ReadConfig(text)
	if config.Buildpack != "" {
		d.note("gondor.yml names a buildpack; the build goes by the files of the source and does not read it.")
	}
	d.plan.Services, d.plan.Volume = config.Services, config.Volume
	return err
}

func (d *detection) readProcfile() error {
	if !d.has("Procfile") {
		return nil
	}
	text, err := d.text("Procfile")
	if err != nil {
		return err
	}
	d.procfile = true
	d.plan.Processes, err = ReadProcfile(text)
	return err
}

// languages adds the steps of each language that the tree is written in.
func (d *detection) languages() error {
	node := d.has("package.json")
	if node {
		if err := d.node(); err != nil {
			return err
		}
	}
	switch {
	case d.isPython():
		return d.python()
	case d.has("go.mod"):
		return d.golang()
	case node:
		return nil
	case d.staticDir() != "":
		d.static()
		return nil
	case d.procfile:
		d.plan.Language, d.plan.Runtime = "Procfile", "none"
		return nil
	case d.has("Dockerfile"):
		return app.Invalid("", "There is only a Dockerfile, and Gondor does not build those. Add a Procfile that says how the site is started (such as \"web: gunicorn mysite.wsgi\"), and name its dependencies in requirements.txt, package.json or go.mod")
	}
	return app.Invalid("", "It can't be told what this site is made of. Add one of requirements.txt, pyproject.toml, package.json, go.mod or index.html in the root of the source, or a Procfile that says how it is started")
}

// addLanguage names one more language; the last one decides the runtime.
func (d *detection) addLanguage(name, runtime string) {
	if d.plan.Language != "" {
		name = d.plan.Language + " and " + name
	}
	d.plan.Language, d.plan.Runtime = name, runtime
	if runtime != "static" {
		d.plan.Needs = append(d.plan.Needs, runtime)
	}
}

// defaultWeb gives the site a web process unless a Procfile says what there is.
func (d *detection) defaultWeb(command string) {
	if !d.procfile {
		d.plan.Processes["web"] = command
	}
}

// addEnv gives variables to the processes; a PATH goes behind one that is there.
func (d *detection) addEnv(env map[string]string) {
	if before := d.plan.Env["PATH"]; before != "" && env["PATH"] != "" {
		env["PATH"] = before + ":" + env["PATH"]
	}
	maps.Copy(d.plan.Env, env)
}

func (d *detection) addStep(name, command string, env map[string]string) {
	d.plan.Steps = append(d.plan.Steps, app.Step{Name: name, Command: command, Env: env})
}

// expectProcesses refuses a tree that nothing can be run of.
func (d *detection) expectProcesses() error {
	if len(d.plan.Processes) > 0 {
		return nil
	}
	return app.Invalid("", "There is no Procfile, and %s. Add a Procfile with a line such as \"web: COMMAND\"; the command listens on the port in $PORT", d.missing)
}

func (d *detection) note(text string) { d.notes = append(d.notes, text) }

// tellNotes puts the notes at the head of the build's log.
func (d *detection) tellNotes() {
	if len(d.notes) == 0 {
		return
	}
	command := "printf '%s\\n' " + quote(d.notes...)
	d.plan.Steps = slices.Insert(d.plan.Steps, 0, app.Step{Name: "Notes about the source", Command: command})
}

// quote writes words so that a shell reads them as they are.
func quote(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}
