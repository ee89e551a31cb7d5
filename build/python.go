package build

import (
	"io/fs"
	"path"
	"strings"

	"gondor/app"
)

// dependencies are what a Python site asks pip for.
type dependencies struct {
	from        string          // the file that names them, "" when none does
	arguments   []string        // of pip install
	list        string          // requirements that were read out of another format
	constraints string          // versions that were read out of a lock file
	names       map[string]bool // of the packages, in the form of PEP 503
	fixed       bool            // the texts below say all that the result hangs on
	texts       []string
	project     bool // the project itself is installed after them
	demands     []demand
}

// isPython reports whether any of the files of a Python site is there.
func (d *detection) isPython() bool {
	for _, name := range []string{"requirements.txt", "pyproject.toml", "poetry.lock", "Pipfile", "Pipfile.lock", "manage.py"} {
		if d.has(name) {
			return true
		}
	}
	return false
}

// python plans a Python site: an environment in .venv, the static files of Django, and
// compiled modules, so that every start is quick.
func (d *detection) python() error {
	demands, err := d.pythonVersionFile()
	if err != nil {
		return err
	}
	wanted, err := d.dependencies()
	if err != nil {
		return err
	}
	interpreter, err := d.interpreter(append(demands, wanted.demands...))
	if err != nil {
		return err
	}
	d.addLanguage("Python "+minor(interpreter.Version), "python")
	d.addEnv(map[string]string{"PATH": "${APP}/.venv/bin", "VIRTUAL_ENV": "${APP}/.venv", "PYTHONUNBUFFERED": "1"})
	d.installPython(interpreter, wanted)
	if d.has("manage.py") {
		if err := d.django(wanted); err != nil {
			return err
		}
	}
	compile, err := d.compileModules()
	if err != nil {
		return err
	}
	d.addStep("Compile Python modules", compile, map[string]string{"PATH": "${APP}/.venv/bin"})
	if d.missing == "" {
		d.missing = "it can't be told how a Python site without manage.py is started"
	}
	return nil
}

// compileModules compiles what may be imported. The modules of an artifact never change,
// so Python need not compare them with their sources at every start, whose times a
// container image may not keep. A file for another Python is no fault.
func (d *detection) compileModules() (string, error) {
	modules := 0
	err := fs.WalkDir(d.tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(name):
			return fs.SkipDir
		case path.Ext(name) == ".py":
			modules++
		}
		return nil
	})
	jobs := ""
	if modules > 200 { // below, more processes cost more than they gain
		jobs = " -j 0"
	}
	return "python -m compileall -q" + jobs + ` --invalidation-mode unchecked-hash -x '/(\.[^/]+|node_modules)/' . || true`, err
}

// installPython adds the steps that make the environment.
func (d *detection) installPython(interpreter app.Runtime, wanted dependencies) {
	env := pipEnv()
	env["GONDOR_PYTHON"] = interpreter.Path
	env["GONDOR_PYTHON_KEY"] = fingerprint(interpreter.Version, interpreter.Path, pythonScript)
	env["GONDOR_KEPT"] = "${CACHE}/python"
	env["GONDOR_COPY"] = "link" // files of an environment are replaced, never written in place
	env["GONDOR_KEY"] = ""
	if wanted.fixed {
		texts := append([]string{env["GONDOR_PYTHON_KEY"], wanted.list, wanted.constraints}, wanted.arguments...)
		env["GONDOR_KEY"] = fingerprint(append(texts, wanted.texts...)...)
	}
	name := "Install dependencies"
	if wanted.from != "" {
		name += " of " + wanted.from
	}
	step := app.Step{Name: name, Command: wanted.install(), Env: env}
	if key := env["GONDOR_KEY"]; key != "" && !wanted.project { // which goes into it as well
		step.Makes, step.Key = ".venv", key
	}
	d.plan.Steps = append(d.plan.Steps, step)
	if wanted.project {
		env := pipEnv()
		env["PATH"] = "${APP}/.venv/bin"
		d.addStep("Install the project", "python -m pip install --no-deps --progress-bar off .", env)
	}
}

func pipEnv() map[string]string {
	return map[string]string{
		"PIP_CACHE_DIR": "${CACHE}/pip", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore",
	}
}

// install is the command that makes the environment.
func (w dependencies) install() string {
	var b strings.Builder
	b.WriteString("set -- " + quote(w.arguments...) + "\n")
	for _, file := range []struct{ option, text string }{{"-r", w.list}, {"-c", w.constraints}} {
		if file.text != "" {
			// Beside the environment in name, so that paths in it mean the same as in the root.
			b.WriteString("list=$(mktemp) && lists=\"${lists:-} $list\" && trap 'rm -f $lists' EXIT\n")
			b.WriteString("cat >\"$list\" " + hereDocument(file.text))
			b.WriteString("set -- \"$@\" " + file.option + " \"$list\"\n")
		}
	}
	return b.String() + keptScript + pythonScript
}
