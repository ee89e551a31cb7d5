package build_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"gondor/app"
	"gondor/test/wheels"
)

// A small Django site whose dependencies are written in several ways.
const (
	smallManage = `import os, sys
if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
`
	smallSettings = `import os
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ["DEBUG"] == "True"
assert not DEBUG
INSTALLED_APPS = []
`
	poetryProject = `[tool.poetry]
name = "small"
version = "1"
[tool.poetry.dependencies]
python = "^3.9"
sqlparse = "^0.4"
asgiref = {version = "*", optional = false, markers = "python_version > '3'"}
pytz = {version = "*", optional = true}
[tool.poetry.group.dev.dependencies]
pytest = "*"
`
	poetryLock = `[[package]]
name = "asgiref"
version = "3.6.0"
[[package]]
name = "pytest"
version = "7.0.0"
[[package]]
name = "sqlparse"
version = "0.4.2"
[metadata]
lock-version = "2.0"
python-versions = "^3.9"
`
	pipfileLock = `{"_meta": {"requires": {"python_version": "3.11"}},
"default": {
 "asgiref": {"version": "==3.6.0"}, "sqlparse": {"version": "==0.4.2", "markers": "python_version >= '3.6'"},
 "colorama": {"version": "==0.4.6", "markers": "sys_platform == 'win32'"}},
"develop": {"pytest": {"version": "==7.0.0"}}}`
)

func smallSite(pairs ...string) fstest.MapFS {
	return files(append([]string{"Procfile", "web: python manage.py check", "manage.py", smallManage, "settings.py", smallSettings}, pairs...)...)
}

func TestDependenciesAreInstalledHoweverTheyAreNamed(t *testing.T) {
	runtimes := installed(t, "python")
	index := wheels.Serve(t, "sqlparse", "asgiref", "whitenoise")
	cache := t.TempDir()
	named := func(pairs ...string) fstest.MapFS {
		return files(append(pairs, "Procfile", "web: python -c 'import sqlparse, asgiref; print(sqlparse.__version__)'")...)
	}
	tests := map[string]fstest.MapFS{
		"requirements.txt that includes others": named("requirements.txt", "-r requirements/base.txt\n", "requirements/base.txt", "sqlparse>=0.2\nasgiref # it too\n-c held.txt\n", "requirements/held.txt", "sqlparse==0.4.2\n"),
		"pyproject.toml":                        named("pyproject.toml", "[project]\nname='small'\nversion='1'\nrequires-python='>=3.9'\ndependencies=[\"sqlparse>=0.2; python_version > '3'\", 'asgiref']\n"),
		"poetry.lock":                           named("pyproject.toml", poetryProject, "poetry.lock", poetryLock),
		"Pipfile.lock":                          named("Pipfile", "[packages]\nsqlparse = '*'\n", "Pipfile.lock", pipfileLock),
		"Pipfile":                               named("Pipfile", "[packages]\nsqlparse = '>=0.2'\nasgiref = {version = '*'}\n[dev-packages]\npytest = '*'\n"),
	}
	for name, tree := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, tree, cache, runtimes)
			s.variables["PIP_INDEX_URL"] = index.URL
			s.build()
			s.move()
			if out := s.run(s.plan.Processes["web"], nil); out != "0.4.2\n" {
				t.Errorf("the web process wrote %q", out)
			}
			if version := s.run("pip --version", nil); !strings.Contains(version, s.app) {
				t.Errorf("pip of the moved artifact is %s", version)
			}
		})
	}
}

func TestCollectstaticAsksWhetherThereIsAnythingToDo(t *testing.T) {
	runtimes := installed(t, "python")
	index := wheels.Serve(t, "Django")
	cache := t.TempDir()
	tests := map[string]struct {
		settings  string
		variables map[string]string
		says      string
	}{
		"STATIC_ROOT is missing":        {"INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_URL='/s/'\n", nil, "Warning: STATIC_ROOT is not set"},
		"there are files":               {"INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_URL='/s/'\nSTATICFILES_DIRS=['files']\nSTATIC_ROOT='collected'\n", nil, "1 static file copied"},
		"DISABLE_COLLECTSTATIC is set":  {"INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_ROOT='collected'\n", map[string]string{"DISABLE_COLLECTSTATIC": "1"}, "DISABLE_COLLECTSTATIC is set"},
		"a build variable is a setting": {"assert SECRET_KEY == 'of the build'\n", map[string]string{"SECRET_KEY": "of the build"}, "no static files to collect"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, smallSite("requirements.txt", "django", "files/a.css", "a{}", "settings.py", smallSettings+test.settings), cache, runtimes)
			s.variables["PIP_INDEX_URL"] = index.URL
			for key, value := range test.variables {
				s.variables[key] = value
			}
			s.build()
			if !strings.Contains(s.output.String(), test.says) {
				t.Errorf("the build does not say %q:\n%s", test.says, s.output.String())
			}
		})
	}
	t.Run("settings that need a variable fail with a hint", func(t *testing.T) { failsWithAHint(t, runtimes, index.URL, cache) })
}

// failsWithAHint builds a site whose settings need a variable that the build has not.
func failsWithAHint(t *testing.T, runtimes []app.Runtime, address, cache string) {
	t.Helper()
	s := newSite(t, smallSite("requirements.txt", "django", "settings.py", "import os\nos.environ['STRIPE_KEY']\n"), cache, runtimes)
	s.variables["PIP_INDEX_URL"] = address
	for _, step := range s.plan.Steps {
		if err := s.step(step); err != nil {
			if out := s.output.String(); step.Name != "Collect static files" || !strings.Contains(out, "KeyError: 'STRIPE_KEY'") || !strings.Contains(out, "gondor env set --build") {
				t.Errorf("%s: %v\n%s", step.Name, err, out)
			}
			return
		}
	}
	t.Error("settings that need a variable did not fail")
}

// A sealed artifact belongs to root, and so do the files that it shares with what is kept.
func TestWhatIsKeptServesAfterItsArtifactWasSealed(t *testing.T) {
	runtimes := installed(t, "python")
	if os.Getuid() != 0 {
		t.Skip("only root can run steps as another user")
	}
	const somebody = 64001
	home, err := os.MkdirTemp("/tmp", "sealed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	var built [2]*site
	for i := range built {
		s := newSite(t, smallSite("requirements.txt", ""), filepath.Join(home, "cache"), runtimes)
		moved := filepath.Join(home, strconv.Itoa(i))
		if err := errors.Join(os.Rename(s.app, moved), os.MkdirAll(s.cache, 0o700), os.Chmod(home, 0o755)); err != nil {
			t.Fatal(err)
		}
		s.app, s.uid, built[i] = moved, somebody, s
		own(t, s.app, somebody, 0)
		if err := os.Lchown(s.cache, somebody, somebody); err != nil {
			t.Fatal(err)
		}
		s.build()
		own(t, s.app, 0, 0o640)
	}
	if out := built[1].output.String(); !strings.Contains(out, "taken over") {
		t.Errorf("the second build took nothing over:\n%s", out)
	}
}

// own gives a tree to a user, and its files a mode unless that is 0.
func own(t *testing.T, dir string, uid int, mode os.FileMode) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Type().IsRegular() && mode != 0 {
			err = os.Chmod(path, mode)
		}
		return errors.Join(err, os.Lchown(path, uid, 64001))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPackageOfTheTreeMovesWithIt(t *testing.T) {
	runtimes := installed(t, "python")
	s := newSite(t, files("requirements.txt", "", "Procfile", "web: python -c 'import inner'", "src/inner.py", "print('found')"), t.TempDir(), runtimes)
	s.build()
	link := ".venv/lib/python" + minorOf(runtimes[0].Version) + "/site-packages/inner.pth"
	if err := os.WriteFile(s.app+"/"+link, []byte(s.app+"/src\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.plan.Steps[0].Env["GONDOR_KEY"] = ""
	s.run(relocateOf(t, s), nil)
	s.move()
	if out := s.run(s.plan.Processes["web"], nil); !strings.Contains(out, "found") {
		t.Errorf("got %q", out)
	}
}

func minorOf(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return parts[0] + "." + parts[1]
}

// relocateOf cuts the function that relocates an environment out of the install step.
func relocateOf(t *testing.T, s *site) string {
	t.Helper()
	_, after, found := strings.Cut(s.plan.Steps[0].Command, "relocate() {\n")
	body, _, ended := strings.Cut(after, "\n}\n")
	if !found || !ended {
		t.Fatal("the install step relocates nothing")
	}
	return body
}
