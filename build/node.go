package build

import (
	"encoding/json"
	"maps"
	"path"

	"gondor/app"
)

// nodePackage is what matters of a package.json.
type nodePackage struct {
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
	Optional        map[string]string `json:"optionalDependencies"`
	Workspaces      json.RawMessage   `json:"workspaces"`
	PackageManager  string            `json:"packageManager"`
	Engines         json.RawMessage   `json:"engines"` // an object, in old packages a list
	text            string
}

// node plans a Node.js site: its dependencies, its build script, and then the
// dependencies of development removed.
func (d *detection) node() error {
	p, err := d.readPackage()
	if err != nil {
		return err
	}
	runtime, err := d.nodeRuntime(p)
	if err != nil {
		return err
	}
	manager, err := d.manager(p)
	if err != nil {
		return err
	}
	d.addLanguage("Node.js "+major(runtime.Version), "node")
	programs := "${APP}/node_modules/.bin:" + path.Dir(runtime.Path)
	d.addEnv(map[string]string{"PATH": programs, "NODE_ENV": "production"})
	d.installNode(runtime, manager, p)
	if p.Scripts["build"] != "" {
		env := nodeEnv(programs, manager)
		env["NODE_ENV"] = "production"
		d.addStep("Build", manager.run+" build", env)
		if len(p.DevDependencies) > 0 && manager.prune != "" {
			d.addStep("Remove dependencies of development", manager.prune, nodeEnv(programs, manager))
		}
	}
	d.nodeWeb(p)
	return nil
}

func (d *detection) readPackage() (nodePackage, error) {
	var p nodePackage
	text, err := d.text("package.json")
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, app.Invalid("", "package.json can't be read: %v", err)
	}
	p.text = string(text)
	return p, nil
}

// installNode adds the step that makes node_modules.
func (d *detection) installNode(runtime app.Runtime, m manager, p nodePackage) {
	env := nodeEnv("${APP}/node_modules/.bin:"+path.Dir(runtime.Path), m)
	env["GONDOR_KEPT"] = "${CACHE}/node"
	// No GONDOR_COPY=link: a build script may write into node_modules.
	env["GONDOR_KEY"] = ""
	if d.isFixed(p) {
		env["GONDOR_KEY"] = fingerprint(append([]string{runtime.Version, runtime.Path, m.install, p.dependencyText(), nodeScript}, m.texts...)...)
	}
	name := "Install dependencies"
	if m.from != "" {
		name += " of " + m.from
	}
	d.addStep(name, "set -- "+m.install+"\n"+keptScript+nodeScript, env)
}

// isFixed reports whether package.json and the lock say all that node_modules hangs on:
// not when scripts of the site run at its making, or when it links to parts of the tree.
func (d *detection) isFixed(p nodePackage) bool {
	for _, script := range []string{"preinstall", "install", "postinstall", "prepare", "prepublish"} {
		if p.Scripts[script] != "" {
			return false
		}
	}
	return len(p.Workspaces) == 0 && !d.has("pnpm-workspace.yaml") && !d.has("binding.gyp") && !p.hasLocal()
}

// nodeEnv is the environment of a step: where the package manager keeps what it has
// fetched, and that nobody is there to ask.
func nodeEnv(programs string, m manager) map[string]string {
	env := map[string]string{
		"PATH": programs, "CI": "true", "npm_config_cache": "${CACHE}/npm",
		"npm_config_update_notifier": "false", "npm_config_fund": "false", "npm_config_audit": "false",
	}
	maps.Copy(env, m.env)
	return env
}

// nodeWeb starts what npm start would, without npm in between, which costs memory and
// hands on signals badly. A site that only builds files is served as such.
func (d *detection) nodeWeb(p nodePackage) {
	start := p.Scripts["start"]
	switch {
	case start != "" && (p.Scripts["prestart"] != "" || p.Scripts["poststart"] != ""):
		d.defaultWeb("exec npm start")
	case start != "":
		d.defaultWeb(start)
	case d.has("server.js"):
		d.defaultWeb("exec node server.js")
	case d.isPython() || d.has("go.mod"):
		d.missing = "package.json has no start script"
	case p.Scripts["build"] != "":
		d.builtFiles(p)
	case d.staticDir() != "":
		d.defaultWeb(serveStatic(d.staticDir()))
	default:
		d.missing = "package.json has no start script"
	}
}

// outputs are the directories into which frameworks write the files that they build,
// by the dependency that gives them away.
var outputs = []struct{ dependency, dir string }{
	{"react-scripts", "build"}, {"@11ty/eleventy", "_site"}, {"gatsby", "public"}, {"next", "out"}, {"", "dist"},
}

// builtFiles serves what the build script has made.
func (d *detection) builtFiles(p nodePackage) {
	for _, o := range outputs {
		if o.dependency != "" && p.Dependencies[o.dependency]+p.DevDependencies[o.dependency] == "" {
			continue
		}
		d.defaultWeb(serveStatic(o.dir))
		if !d.procfile {
			d.addStep("Look for the built files", "test -f "+o.dir+"/index.html || { echo "+quote(
				"The build script made no "+o.dir+"/index.html, and package.json has no start script. Add one, or a Procfile with: web: "+serveStatic("DIRECTORY"))+" >&2; exit 1; }", nil)
		}
		return
	}
}
