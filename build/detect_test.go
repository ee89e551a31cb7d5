package build_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gondor/app"
	"gondor/build"
)

// offered is what the engine of these tests has.
var offered = []app.Runtime{
	{Name: "python", Version: "3.9.18", Path: "/opt/python3.9/bin/python3"},
	{Name: "python", Version: "3.11.2", Path: "/usr/bin/python3"},
	{Name: "node", Version: "20.20.2", Path: "/usr/bin/node"},
	{Name: "node", Version: "18.1.0", Path: "/opt/node18/bin/node"},
	{Name: "npm", Version: "10.1.0", Path: "/usr/bin/npm"},
	{Name: "go", Version: "1.26.0", Path: "/usr/local/go/bin/go"},
}

// files makes a tree of names and contents.
func files(pairs ...string) fstest.MapFS {
	tree := fstest.MapFS{}
	for pair := range slices.Chunk(pairs, 2) {
		tree[pair[0]] = &fstest.MapFile{Data: []byte(pair[1])}
	}
	return tree
}

const manage = `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")`

func TestDetect(t *testing.T) {
	tests := map[string]struct {
		tree     fstest.MapFS
		language string
		runtime  string
		steps    []string
		web      string
	}{
		"requirements.txt with a Procfile": {
			files("requirements.txt", "flask\n", "Procfile", "web: flask run"),
			"Python 3.11", "python",
			[]string{"Install dependencies of requirements.txt", "Compile Python modules"},
			"flask run",
		},
		"Django with gunicorn has a web process": {
			files("requirements.txt", "Django>=3.2\nGunicorn\n", "manage.py", manage, "shop/wsgi.py", "", "shop/settings/production.py", ""),
			"Python 3.11", "python",
			[]string{"Install dependencies of requirements.txt", "Collect static files", "Compile Python modules"},
			"exec gunicorn shop.wsgi",
		},
		"Django with settings elsewhere takes the only wsgi.py": {
			files("requirements.txt", "gunicorn", "manage.py", "main()", "web/wsgi.py", "", "node_modules/x/wsgi.py", ""),
			"Python 3.11", "python",
			[]string{"Install dependencies of requirements.txt", "Collect static files", "Compile Python modules"},
			"exec gunicorn web.wsgi",
		},
		"manage.py alone, its dependencies being vendored": {
			files("manage.py", manage, "Procfile", "web: python manage.py serve"),
			"Python 3.11", "python",
			[]string{"Install dependencies", "Collect static files", "Compile Python modules"},
			"python manage.py serve",
		},
		"pyproject.toml that is a package": {
			files("pyproject.toml", "[project]\nname='x'\ndependencies=['flask']\n[build-system]\nrequires=['setuptools']", "Procfile", "web: x"),
			"Python 3.11", "python",
			[]string{"Install dependencies of pyproject.toml", "Install the project", "Compile Python modules"},
			"x",
		},
		"pyproject.toml that is none": {
			files("pyproject.toml", "[project]\nname='x'\ndependencies=['flask']", "Procfile", "web: x"),
			"Python 3.11", "python",
			[]string{"Install dependencies of pyproject.toml", "Compile Python modules"},
			"x",
		},
		"npm with a lock, a build script and tools": {
			files("package.json", `{"scripts":{"build":"b","start":"node x.js"},"devDependencies":{"d":"1"}}`, "package-lock.json", "{}"),
			"Node.js 20", "node",
			[]string{"Install dependencies of package-lock.json", "Build", "Remove dependencies of development"},
			"node x.js",
		},
		"npm without a lock or a build script": {
			files("package.json", `{"scripts":{"start":"node x.js","prestart":"node y.js"},"devDependencies":{"d":"1"}}`),
			"Node.js 20", "node",
			[]string{"Install dependencies"},
			"exec npm start",
		},
		"server.js without a start script": {
			files("package.json", `{}`, "server.js", ""),
			"Node.js 20", "node",
			[]string{"Install dependencies"},
			"exec node server.js",
		},
		"Node.js that only builds files": {
			files("package.json", `{"scripts":{"build":"vite build"},"devDependencies":{"vite":"5"}}`, "index.html", ""),
			"Node.js 20", "node",
			[]string{"Install dependencies", "Build", "Remove dependencies of development", "Look for the built files"},
			`exec "$GONDOR" static 'dist'`,
		},
		"an older Node.js when the site asks for it": {
			files("package.json", `{"engines":{"node":"18.x || 16"}}`, "server.js", ""),
			"Node.js 18", "node",
			[]string{"Install dependencies"},
			"exec node server.js",
		},
		"Node.js before Python where both are there": {
			files("package.json", `{"scripts":{"build":"b"}}`, "requirements.txt", "gunicorn", "manage.py", manage, "shop/wsgi.py", ""),
			"Node.js 20 and Python 3.11", "python",
			[]string{"Install dependencies", "Build", "Install dependencies of requirements.txt", "Collect static files", "Compile Python modules"},
			"exec gunicorn shop.wsgi",
		},
		"Go with one command": {
			files("go.mod", "module example.com/shop/v2\n\ngo 1.22\n", "main.go", "// Command shop sells.\npackage main\n", "gen.go", "//go:build ignore\n\npackage main\n", "x/x_test.go", "package main\n"),
			"Go 1.26", "go",
			[]string{"Build"},
			"exec bin/shop",
		},
		"Go with several commands and a Procfile": {
			files("go.mod", "module shop\n", "cmd/a/main.go", "package main", "cmd/b/main.go", "package main", "Procfile", "web: bin/a"),
			"Go 1.26", "go",
			[]string{"Build"},
			"bin/a",
		},
		"Node.js before Go where both are there": {
			files("package.json", `{"scripts":{"build":"b"}}`, "go.mod", "module shop\n", "main.go", "package main"),
			"Node.js 20 and Go 1.26", "go",
			[]string{"Install dependencies", "Build", "Build"},
			"exec bin/shop",
		},
		"files beside a package.json of tools only": {
			files("package.json", `{"devDependencies":{"prettier":"3"}}`, "index.html", ""),
			"Node.js 20", "node",
			[]string{"Install dependencies"},
			`exec "$GONDOR" static '.'`,
		},
		"a lock file that is not read": {
			files("pyproject.toml", "[project]\nname='x'\ndependencies=['flask']", "uv.lock", "", "Procfile", "web: x"),
			"Python 3.11", "python",
			[]string{"Notes about the source", "Install dependencies of pyproject.toml", "Compile Python modules"},
			"x",
		},
		"files in the root":            {files("index.html", ""), "static files", "static", nil, `exec "$GONDOR" static '.'`},
		"files in public":              {files("public/index.html", ""), "static files", "static", nil, `exec "$GONDOR" static 'public'`},
		"files in dist":                {files("dist/index.html", ""), "static files", "static", nil, `exec "$GONDOR" static 'dist'`},
		"anything else by a Procfile":  {files("run.pl", "", "Procfile", "web: perl run.pl"), "Procfile", "none", nil, "perl run.pl"},
		"a Dockerfile with a Procfile": {files("Dockerfile", "FROM x", "Procfile", "web: perl run.pl"), "Procfile", "none", nil, "perl run.pl"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			plan, err := build.Detect(test.tree, offered)
			if err != nil {
				t.Fatal(err)
			}
			if plan.Language != test.language || plan.Runtime != test.runtime || plan.Processes["web"] != test.web {
				t.Errorf("got %q, %q, web %q", plan.Language, plan.Runtime, plan.Processes["web"])
			}
			if steps := stepNames(plan); !slices.Equal(steps, test.steps) {
				t.Errorf("the steps are %q; want %q", steps, test.steps)
			}
			if again, err := build.Detect(test.tree, offered); err != nil || !reflect.DeepEqual(again, plan) {
				t.Errorf("the second plan differs from the first: %v", err)
			}
		})
	}
}

func stepNames(plan app.Plan) []string {
	var names []string
	for _, step := range plan.Steps {
		names = append(names, step.Name)
	}
	return names
}

func TestDetectRefuses(t *testing.T) {
	pyproject := func(text string) fstest.MapFS { return files("pyproject.toml", text, "Procfile", "web: x") }
	tests := map[string]struct {
		tree fstest.MapFS
		says string
	}{
		"an empty tree":                     {files(), "The source is empty"},
		"a Dockerfile alone":                {files("Dockerfile", "FROM x", "app.rb", ""), "Gondor does not build those. Add a Procfile"},
		"what it can't tell":                {files("app.rb", ""), "Add one of requirements.txt"},
		"a Procfile that does not parse":    {files("Procfile", "web"), "Procfile, line 1"},
		"a gondor.yml that does not parse":  {files("index.html", "", "gondor.yml", "sites: x"), `did you mean "site"?`},
		"Python without a web process":      {files("requirements.txt", "flask"), "There is no Procfile"},
		"Django without gunicorn":           {files("requirements.txt", "django", "manage.py", manage, "shop/wsgi.py", ""), "gunicorn is not among the dependencies"},
		"requirements that are missing":     {files("requirements.txt", "-r requirements/prod.txt"), "includes requirements/prod.txt"},
		"a Python that is not there":        {files("requirements.txt", "", ".python-version", "3.12\n"), ".python-version asks for Python 3.12; available is 3.11.2, 3.9.18"},
		"an exact Python that is not there": {files("requirements.txt", "", ".python-version", "3.11.7\n"), "asks for Python 3.11.7"},
		"another implementation of Python":  {files("requirements.txt", "", ".python-version", "pypy3.10\n"), "no version of Python"},
		"a requires-python out of reach":    {pyproject("[project]\nname='x'\nrequires-python='>=3.12'"), "requires-python in pyproject.toml asks for Python >=3.12"},
		"a requires-python that is none":    {pyproject("[project]\nname='x'\nrequires-python='3.12 or so'"), "not a version specifier"},
		"Poetry's Python out of reach":      {pyproject("[tool.poetry.dependencies]\npython='^3.12'"), "python in pyproject.toml asks for Python ^3.12"},
		"a Pipfile's Python out of reach":   {files("Pipfile", "[requires]\npython_version='3.7'"), "python_version in Pipfile asks for Python 3.7"},
		"a pyproject.toml that is no TOML":  {pyproject("[project\n"), "pyproject.toml, line 1"},
		"a lock without its pyproject.toml": {files("poetry.lock", ""), "commit both"},
		"Poetry's project without a lock":   {pyproject("[tool.poetry]\npackage-mode=false"), "run poetry lock"},
		"a package.json that is no JSON":    {files("package.json", "{"), "package.json can't be read"},
		"a Node.js that is not there":       {files("package.json", `{"engines":{"node":">=22"}}`), "asks for Node.js >=22; available is 20.20.2, 18.1.0"},
		"Node.js without a web process":     {files("package.json", `{}`), "no start script"},
		"a newer Go than there is":          {files("go.mod", "module x\n\ngo 1.99\n", "main.go", "package main"), "go.mod asks for Go 1.99; available is 1.26.0"},
		"Go without a command":              {files("go.mod", "module x\n", "x.go", "package x"), "no package main"},
		"Go with several and no Procfile":   {files("go.mod", "module x\n", "cmd/a/main.go", "package main", "cmd/b/main.go", "package main"), "several commands: a, b"},
		"an LFS pointer that must be read":  {files("Procfile", lfsPointer), "Procfile is a Git LFS pointer"},
		"a requirement that is no line":     {pyproject("[project]\nname='x'\ndependencies=[\"a\\nb\"]"), "no line of text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := build.Detect(test.tree, offered)
			wantInvalid(t, err, test.says)
		})
	}
}

func TestDetectNamesARuntimeThatIsMissing(t *testing.T) {
	_, err := build.Detect(files("requirements.txt", ""), nil)
	wantInvalid(t, err, "needs Python, which is not installed")
}

func TestDetectChoosesAPythonThatFits(t *testing.T) {
	tests := map[string]struct {
		tree fstest.MapFS
		want string
	}{
		"the newest when nothing is said":  {files("requirements.txt", ""), "3.11"},
		".python-version":                  {files("requirements.txt", "", ".python-version", "# ours\n3.9\n"), "3.9"},
		".python-version with a prefix":    {files("requirements.txt", "", ".python-version", "python-3.9.18"), "3.9"},
		"==3.9.*":                          {files("pyproject.toml", "[project]\nrequires-python='==3.9.*'"), "3.9"},
		"~=3.9":                            {files("pyproject.toml", "[project]\nrequires-python='~=3.9'"), "3.11"},
		"~=3.9.1":                          {files("pyproject.toml", "[project]\nrequires-python='~=3.9.1'"), "3.9"},
		">=3.8, <3.11":                     {files("pyproject.toml", "[project]\nrequires-python='>=3.8, <3.11'"), "3.9"},
		">=3.8, !=3.11.*":                  {files("pyproject.toml", "[project]\nrequires-python='>=3.8,!=3.11.*'"), "3.9"},
		"!=3.11.2":                         {files("pyproject.toml", "[project]\nrequires-python='!=3.11.2'"), "3.9"},
		"<=3.11":                           {files("pyproject.toml", "[project]\nrequires-python='<=3.11'"), "3.9"},
		">3.9":                             {files("pyproject.toml", "[project]\nrequires-python='>3.9'"), "3.11"},
		"requires-python beside the files": {files("requirements.txt", "", "pyproject.toml", "[project]\nrequires-python='<3.11'"), "3.9"},
		"Poetry's ^3.9":                    {files("pyproject.toml", "[tool.poetry.dependencies]\npython='^3.9'"), "3.11"},
		"Poetry's ~3.9":                    {files("pyproject.toml", "[tool.poetry.dependencies]\npython='~3.9'"), "3.9"},
		"Poetry's 3.9.* || 3.10":           {files("pyproject.toml", "[tool.poetry.dependencies]\npython='3.9.* || 3.10'"), "3.9"},
		"Poetry's >= 3.8 < 3.10":           {files("pyproject.toml", "[tool.poetry.dependencies]\npython='>= 3.8 < 3.10'"), "3.9"},
		"a Pipfile's python_version":       {files("Pipfile", "[requires]\npython_version='3.9'"), "3.9"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.tree["Procfile"] = &fstest.MapFile{Data: []byte("web: x")}
			plan, err := build.Detect(test.tree, offered)
			if err != nil || plan.Language != "Python "+test.want {
				t.Errorf("got %q, %v; want Python %s", plan.Language, err, test.want)
			}
		})
	}
}

const lfsPointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

func TestDetectTellsOfPointersOfGitLFS(t *testing.T) {
	plan, err := build.Detect(files("index.html", "", "img/it's.png", lfsPointer), nil)
	if err != nil || len(plan.Steps) != 1 || !strings.Contains(plan.Steps[0].Command, `img/it'\''s.png`) {
		t.Errorf("got %+v, %v", plan.Steps, err)
	}
}

func TestDetectTakesSettingsFromGondorYML(t *testing.T) {
	plan, err := build.Detect(files("index.html", "", "gondor.yml", "services: {web: {stop_timeout: 5}}"), nil)
	if err != nil || plan.Services["web"].StopTimeout != 5*time.Second {
		t.Errorf("got %+v, %v", plan.Services, err)
	}
}

// keyOf is what the installed dependencies of a plan are kept by.
func keyOf(t *testing.T, tree fstest.MapFS) string {
	t.Helper()
	plan, err := build.Detect(tree, offered)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range plan.Steps {
		if key, ok := step.Env["GONDOR_KEY"]; ok {
			return key
		}
	}
	t.Fatal("no step installs anything")
	return ""
}

func TestWhatIsMadeOfRequirementsAloneMayBeTakenOver(t *testing.T) {
	tests := map[string]struct {
		tree  fstest.MapFS
		makes string
	}{
		"requirements":                       {files("requirements.txt", "flask", "Procfile", "web: x"), ".venv"},
		"a project that is installed, too":   {files("pyproject.toml", "[project]\nname='x'\ndependencies=['flask']\n[build-system]\nrequires=['setuptools']", "Procfile", "web: x"), ""},
		"requirements that may change":       {files("requirements.txt", "git+https://example.com/a@main", "Procfile", "web: x"), ""},
		"packages that are written in place": {files("package.json", `{"scripts":{"start":"a"}}`, "package-lock.json", "{}"), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			plan, err := build.Detect(test.tree, offered)
			if err != nil {
				t.Fatal(err)
			}
			step := plan.Steps[0]
			if step.Makes != test.makes || (step.Key == "") != (test.makes == "") || step.Key != "" && step.Key != step.Env["GONDOR_KEY"] {
				t.Errorf("it makes %q by the key %q, want %q", step.Makes, step.Key, test.makes)
			}
		})
	}
}

func TestKeptDependenciesHangOnAllThatDecidesThem(t *testing.T) {
	python := files("requirements.txt", "-r more.txt\nflask", "more.txt", "django", "Procfile", "web: x", "app.py", "")
	node := files("package.json", `{"dependencies":{"ws":"8"},"scripts":{"start":"a"}}`, "package-lock.json", "{}")
	tests := map[string]struct {
		tree    fstest.MapFS
		changed []string
		same    bool
	}{
		"a changed module keeps them":           {python, []string{"app.py", "print()"}, true},
		"a changed requirement does not":        {python, []string{"requirements.txt", "-r more.txt\nflask<3"}, false},
		"nor one in an included file":           {python, []string{"more.txt", "django<5"}, false},
		"nor another Python":                    {python, []string{".python-version", "3.9"}, false},
		"a changed script of package.json does": {node, []string{"package.json", `{"dependencies":{"ws":"8"},"scripts":{"start":"b"}}`}, true},
		"a changed dependency of it does not":   {node, []string{"package.json", `{"dependencies":{"ws":"7"},"scripts":{"start":"a"}}`}, false},
		"nor a changed lock":                    {node, []string{"package-lock.json", `{"lockfileVersion":3}`}, false},
		"nor another registry":                  {node, []string{".npmrc", "registry=https://example.com"}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			changed := maps.Clone(test.tree)
			maps.Copy(changed, files(test.changed...))
			before, after := keyOf(t, test.tree), keyOf(t, changed)
			if before == "" || after == "" || before == after != test.same {
				t.Errorf("before %q, after %q", before, after)
			}
		})
	}
}

func TestDependenciesThatMayMoveAreNotKept(t *testing.T) {
	tests := map[string]fstest.MapFS{
		"a package of the tree":           files("requirements.txt", "./lib", "Procfile", "web: x"),
		"one that is edited in place":     files("requirements.txt", "-e lib", "Procfile", "web: x"),
		"a branch":                        files("requirements.txt", "x @ git+https://example.com/x@main", "Procfile", "web: x"),
		"requirements at an address":      files("requirements.txt", "-r https://example.com/r.txt", "Procfile", "web: x"),
		"a package of the tree, with npm": files("package.json", `{"dependencies":{"x":"file:lib"},"scripts":{"start":"a"}}`),
		"a script that runs at install":   files("package.json", `{"scripts":{"start":"a","postinstall":"b"}}`),
		"workspaces":                      files("package.json", `{"workspaces":["a"],"scripts":{"start":"a"}}`),
	}
	for name, tree := range tests {
		t.Run(name, func(t *testing.T) {
			if key := keyOf(t, tree); key != "" {
				t.Errorf("they are kept by %s", key)
			}
		})
	}
}

// foreign are the files that detection reads.
var foreign = []string{"pyproject.toml", "poetry.lock", "Pipfile", "Pipfile.lock", "requirements.txt", ".python-version", "package.json", "pnpm-lock.yaml", "yarn.lock", "go.mod", "manage.py"}

func FuzzDetect(f *testing.F) {
	f.Add(uint8(0), []byte("[tool.poetry.dependencies]\npython='^3.9'\nx={git='a'}"))
	f.Add(uint8(1), []byte("[[package]]\nname='a'\nversion='1'\n[package.source]\ntype='git'"))
	f.Add(uint8(2), []byte("[packages]\na={version='*', extras=['x']}\n[requires]\npython_version='3.11'"))
	f.Add(uint8(3), []byte(`{"default":{"a":{"version":"==1","hashes":["sha256:0"]}}}`))
	f.Add(uint8(4), []byte("-r requirements.txt\n-e .\nx==1 \\\n --hash=sha256:0"))
	f.Add(uint8(5), []byte("# ours\n3.9\n"))
	f.Add(uint8(6), []byte(`{"scripts":{"start":"a"},"engines":{"node":">=18 <20 || ^20.1"}}`))
	f.Add(uint8(9), []byte("module x\ngo 1.2\n"))
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		tree := files("Procfile", "web: x", "pyproject.toml", "[project]\nname='x'", "main.go", "package main", "package.json", "{}")
		if which%2 == 0 { // so that go.mod and Python's files are reached without Node's
			delete(tree, "package.json")
		}
		tree[foreign[int(which)%len(foreign)]] = &fstest.MapFile{Data: text}
		if _, err := build.Detect(tree, offered); err != nil && app.CodeOf(err) != app.CodeInvalid {
			t.Fatalf("%v is not an error for people", err)
		}
	})
}
