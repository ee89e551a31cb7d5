package build

import (
	"encoding/json"
	"regexp"
	"strings"

	"gondor/app"
)

// manager is the program that installs the packages of a Node.js site.
type manager struct {
	from    string // the lock file, "" when there is none
	install string // the command that makes node_modules
	run     string // the command in front of a script's name
	prune   string // the command that removes dependencies of development, "" when there is none
	env     map[string]string
	texts   []string // of the files that the result hangs on
}

// manager picks npm, yarn or pnpm by the lock file.
func (d *detection) manager(p nodePackage) (manager, error) {
	var m manager
	var err error
	switch {
	case d.has("pnpm-lock.yaml"):
		m, err = d.pnpm(p)
	case d.has("yarn.lock"):
		m, err = d.yarn(p)
	default:
		m, err = d.npm(p)
	}
	if err != nil {
		return m, err
	}
	for _, name := range []string{m.from, ".npmrc", ".yarnrc", ".yarnrc.yml"} {
		text, err := d.text(name)
		if err != nil {
			return m, err
		}
		m.texts = append(m.texts, string(text))
	}
	return m, nil
}

// needsAll reports whether a build script may use the dependencies of development.
func (p nodePackage) needsAll() bool { return p.Scripts["build"] != "" }

func (d *detection) npm(p nodePackage) (manager, error) {
	if _, err := d.newest("npm", "npm"); err != nil {
		return manager{}, err
	}
	which := " --omit=dev"
	if p.needsAll() {
		which = " --include=dev"
	}
	m := manager{install: "npm install --no-package-lock" + which, run: "npm run", prune: "npm prune --omit=dev --ignore-scripts --offline --no-package-lock"}
	for _, name := range []string{"npm-shrinkwrap.json", "package-lock.json"} {
		if d.has(name) {
			m.from, m.install = name, "npm ci --prefer-offline"+which
		}
	}
	if m.from != "" {
		m.prune = strings.TrimSuffix(m.prune, " --no-package-lock")
	}
	return m, nil
}

var (
	lockVersionPattern = regexp.MustCompile(`(?m)^lockfileVersion:\s*['"]?([0-9]+)`)
	berryPattern       = regexp.MustCompile(`(?m)^__metadata:\s*\n\s+version:\s*['"]?([0-9]+)`)
	managerPattern     = regexp.MustCompile(`^(npm|pnpm|yarn)@([0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.-]*)(?:\+.*)?$`)
)

// wanted is the version that package.json's packageManager names, or the default.
func (p nodePackage) wanted(name, otherwise string) string {
	if m := managerPattern.FindStringSubmatch(p.PackageManager); m != nil && m[1] == name {
		return m[2]
	}
	return otherwise
}

func (d *detection) pnpm(p nodePackage) (manager, error) {
	text, err := d.text("pnpm-lock.yaml")
	if err != nil {
		return manager{}, err
	}
	version := "10"
	if m := lockVersionPattern.FindSubmatch(text); m != nil {
		version = map[string]string{"5": "7", "6": "8"}[string(m[1])]
		if version == "" {
			version = "10"
		}
	}
	command, err := d.program("pnpm", "pnpm", p.wanted("pnpm", version))
	which := " --prod"
	if p.needsAll() {
		which = " --prod=false"
	}
	return manager{
		from: "pnpm-lock.yaml", install: command + " install --frozen-lockfile --prefer-offline" + which,
		run: command + " run", prune: command + " prune --prod --ignore-scripts",
		// Copied and not linked to the store, which a build script could else write into.
		env: map[string]string{"npm_config_store_dir": "${CACHE}/pnpm", "npm_config_package_import_method": "clone-or-copy"},
	}, err
}

func (d *detection) yarn(p nodePackage) (manager, error) {
	text, err := d.text("yarn.lock")
	if err != nil {
		return manager{}, err
	}
	if m := berryPattern.FindSubmatch(text); m != nil {
		version := map[bool]string{true: "4", false: "3"}[len(m[1]) > 1 || string(m[1]) >= "8"]
		command, err := d.program("yarn-berry", "@yarnpkg/cli-dist", p.wanted("yarn", version))
		return manager{
			from: "yarn.lock", install: command + " install --immutable", run: command + " run",
			// Its own way of finding packages needs it at every start; node_modules do not.
			env: map[string]string{"YARN_NODE_LINKER": "node-modules", "YARN_CACHE_FOLDER": "${CACHE}/yarn", "YARN_ENABLE_GLOBAL_CACHE": "false", "YARN_ENABLE_TELEMETRY": "0"},
		}, err
	}
	command, err := d.program("yarn", "yarn", p.wanted("yarn", "1"))
	which := " --production"
	if p.needsAll() {
		which = " --production=false"
	}
	return manager{
		from: "yarn.lock", install: command + " install --frozen-lockfile --non-interactive --prefer-offline" + which, run: command + " run",
		prune: command + " install --frozen-lockfile --non-interactive --prefer-offline --ignore-scripts --production",
		env:   map[string]string{"YARN_CACHE_FOLDER": "${CACHE}/yarn"},
	}, err
}

// program is the command of a package manager: the engine's own when it has the wanted
// major version, otherwise one that npm fetches into its cache.
func (d *detection) program(runtime, pack, version string) (string, error) {
	for _, r := range d.offered(runtime) {
		if major(r.Version) == major(version) {
			return quote(r.Path), nil
		}
	}
	if _, err := d.newest("npm", "npm"); err != nil {
		return "", err
	}
	name := strings.TrimSuffix(runtime, "-berry")
	return "npm exec --yes --prefer-offline --package=" + quote(pack+"@"+version) + " -- " + name, nil
}

// dependencyText is package.json without what does not decide node_modules, so that a
// changed script or version does not install everything anew.
func (p nodePackage) dependencyText() string {
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(p.text), &all); err != nil {
		return p.text // it was read before, so this is never reached
	}
	kept := map[string]json.RawMessage{}
	for _, key := range []string{"dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions", "bundleDependencies", "pnpm", "packageManager"} {
		if value, ok := all[key]; ok {
			kept[key] = value
		}
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return p.text
	}
	return string(text)
}

// hasLocal reports whether a dependency lies in the tree itself.
func (p nodePackage) hasLocal() bool {
	for _, group := range []map[string]string{p.Dependencies, p.DevDependencies, p.Optional} {
		for _, version := range group {
			for _, prefix := range []string{"file:", "link:", "portal:", "patch:", "workspace:", ".", "/", "~/"} {
				if strings.HasPrefix(version, prefix) {
					return true
				}
			}
		}
	}
	return false
}

// nodeRuntime returns the newest Node.js that the site's files allow.
func (d *detection) nodeRuntime(p nodePackage) (app.Runtime, error) {
	if _, err := d.newest("node", "Node.js"); err != nil {
		return app.Runtime{}, err
	}
	source, text, err := d.nodeDemand(p)
	if err != nil {
		return app.Runtime{}, err
	}
	for _, r := range d.offered("node") {
		if nodeAllows(text, r.Version) {
			return r, nil
		}
	}
	return app.Runtime{}, app.Invalid("", "%s asks for Node.js %s; available is %s. Change it, or ask who runs this Gondor for another Node.js", source, text, versions(d.offered("node")))
}
