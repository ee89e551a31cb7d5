package build

import (
	"path"
	"regexp"
	"strings"

	"gondor/app"
)

// dependencies finds the file that says what a Python site needs: requirements.txt,
// then the lock files, then what they are made of.
func (d *detection) dependencies() (dependencies, error) {
	project, err := d.readProject()
	if err != nil {
		return dependencies{}, err
	}
	pipfile, err := d.readPipfile()
	if err != nil {
		return dependencies{}, err
	}
	var wanted dependencies
	d.noteUnread()
	switch {
	case d.has("requirements.txt"):
		wanted, err = d.requirements()
	case d.has("poetry.lock"):
		wanted, err = d.poetryLock(project)
	case d.has("Pipfile.lock"):
		wanted, err = d.pipfileLock()
	case d.has("Pipfile"):
		wanted, err = pipfile.dependencies()
	default:
		wanted, err = project.dependencies()
	}
	wanted.demands = append(project.demands, pipfile.demands...)
	return wanted, err
}

// noteUnread tells of lock files that are not read.
func (d *detection) noteUnread() {
	for _, name := range []string{"poetry.lock", "Pipfile.lock"} {
		if d.has(name) && d.has("requirements.txt") {
			d.note("requirements.txt is installed and " + name + " is not read; remove the one that is out of use.")
		}
	}
	for _, name := range []string{"uv.lock", "pdm.lock"} {
		if d.has(name) && !d.has("requirements.txt") {
			d.note("Warning: " + name + " is not read, so versions may differ from it; export it to requirements.txt to have its versions installed.")
		}
	}
}

// requirements reads requirements.txt and the files that it includes. pip reads them
// itself; what is read here tells whether a package is among them, and what the result
// hangs on.
func (d *detection) requirements() (dependencies, error) {
	w := dependencies{from: "requirements.txt", arguments: []string{"-r", "requirements.txt"}, names: map[string]bool{}, fixed: true}
	return w, d.include(&w, "requirements.txt", map[string]bool{})
}

var (
	includePattern = regexp.MustCompile(`^(-r|-c|--requirement|--constraint)[ =]*(\S+)`)
	namePattern    = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)`)
	commentPattern = regexp.MustCompile(`(^|\s)#.*$`)
)

func (d *detection) include(w *dependencies, name string, seen map[string]bool) error {
	if seen[name] {
		return nil
	}
	seen[name] = true
	text, err := d.text(name)
	if err != nil {
		return err
	}
	if !d.has(name) {
		return app.Invalid("", "requirements.txt includes %s, which is not in the source", shorten(name))
	}
	w.texts = append(w.texts, name, string(text))
	for line := range strings.Lines(strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\\\n", " ")) {
		line = strings.TrimSpace(commentPattern.ReplaceAllString(line, ""))
		m := includePattern.FindStringSubmatch(line)
		switch {
		case m == nil:
			w.require(line)
		case strings.Contains(m[2], "://"):
			w.fixed = false // what stands there may change
		default:
			if err := d.include(w, path.Join(path.Dir(name), m[2]), seen); err != nil {
				return err
			}
		}
	}
	return nil
}

var (
	localPattern  = regexp.MustCompile(`^(-e|--editable|\.|/|file:)|\.(whl|tar\.gz|zip)\b`)
	pinnedPattern = regexp.MustCompile(`@[0-9a-f]{40}\b`)
)

// require notes one requirement. What lies in the tree, or is a branch that may move on,
// must be looked at in every build.
func (w *dependencies) require(line string) {
	if line == "" || strings.HasPrefix(line, "-") && !localPattern.MatchString(line) {
		return
	}
	if localPattern.MatchString(line) || strings.Contains(line, "git+") && !pinnedPattern.MatchString(line) {
		w.fixed = false
	}
	if m := namePattern.FindString(line); m != "" {
		w.names[normalName(m)] = true
	}
}

var separatorPattern = regexp.MustCompile(`[-_.]+`)

// normalName is a package's name in the form of PEP 503.
func normalName(name string) string {
	return strings.ToLower(separatorPattern.ReplaceAllString(name, "-"))
}

// requireAll makes a list of requirements that were read out of another format. An
// error of CodeInvalid says that one is no line of text.
func (w *dependencies) requireAll(lines []string) error {
	for _, line := range lines {
		if strings.IndexFunc(line, isControl) >= 0 {
			return app.Invalid("", "%s holds a requirement that is no line of text: %q", w.from, shorten(line))
		}
		w.require(line)
		w.list += line + "\n"
	}
	return nil
}
