package build

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// django adds what a site with a manage.py needs.
func (d *detection) django(wanted dependencies) error {
	d.addStep("Collect static files", collectStatic+hereDocument(hashedScript+djangoScript), map[string]string{
		"PATH": "${APP}/.venv/bin", "PYTHONDONTWRITEBYTECODE": "1", "GONDOR_STATIC": "${CACHE}/static",
	})
	if d.procfile {
		return nil
	}
	module, err := d.wsgiModule()
	switch {
	case err != nil:
		return err
	case module == "":
		d.missing = "there is no wsgi.py that could be served"
	case !wanted.names["gunicorn"]:
		d.missing = "gunicorn is not among the dependencies, which would be started by itself; add gunicorn to them"
	default:
		d.defaultWeb("exec gunicorn " + module)
	}
	return nil
}

// collectStatic asks the variable when the step runs, because variables of builds are
// no part of the plan.
const collectStatic = `case "${DISABLE_COLLECTSTATIC:-0}" in
0 | "") ;;
*) echo "DISABLE_COLLECTSTATIC is set: static files are not collected." && exit 0 ;;
esac
exec python - `

var settingsPattern = regexp.MustCompile(`DJANGO_SETTINGS_MODULE["'][^"']+["']([A-Za-z_][A-Za-z0-9_.]*)["']`)

// wsgiModule is the module that serves the site: beside the settings that manage.py
// names, or the only wsgi.py there is. "" when there is none.
func (d *detection) wsgiModule() (string, error) {
	text, err := d.text("manage.py")
	if err != nil {
		return "", err
	}
	if m := settingsPattern.FindSubmatch(text); m != nil {
		dir := strings.ReplaceAll(string(m[1]), ".", "/")
		for dir = path.Dir(dir); dir != "."; dir = path.Dir(dir) {
			if d.has(dir + "/wsgi.py") {
				return strings.ReplaceAll(dir, "/", ".") + ".wsgi", nil
			}
		}
	}
	return d.onlyWSGI()
}

func (d *detection) onlyWSGI() (string, error) {
	var found []string
	err := fs.WalkDir(d.tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(name):
			return fs.SkipDir
		case entry.Name() == "wsgi.py":
			found = append(found, strings.ReplaceAll(strings.TrimSuffix(name, ".py"), "/", "."))
		}
		return nil
	})
	if len(found) != 1 {
		return "", err
	}
	return found[0], err
}
