package build

import (
	"errors"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"gondor/app"
)

// project is what matters of pyproject.toml; the zero value is that there is none.
type project struct {
	Project *struct {
		RequiresPython string   `toml:"requires-python"`
		Dependencies   []string `toml:"dependencies"`
		Dynamic        []string `toml:"dynamic"`
	} `toml:"project"`
	BuildSystem map[string]any `toml:"build-system"`
	Tool        struct {
		Poetry *struct {
			Dependencies map[string]any `toml:"dependencies"`
			PackageMode  *bool          `toml:"package-mode"`
		} `toml:"poetry"`
	} `toml:"tool"`
	demands []demand
	text    string
}

func (d *detection) readProject() (project, error) {
	var p project
	text, err := d.text("pyproject.toml")
	if err != nil {
		return p, err
	}
	if err := toml.Unmarshal(text, &p); err != nil {
		return p, errTOML("pyproject.toml", err)
	}
	p.text = string(text)
	if p.Project != nil {
		if p.demands, err = requiresPython(p.Project.RequiresPython); err != nil {
			return p, err
		}
	}
	if p.Tool.Poetry != nil {
		if python, ok := p.Tool.Poetry.Dependencies["python"].(string); ok {
			more, err := poetryPython(python)
			p.demands = append(p.demands, more...)
			return p, err
		}
	}
	return p, nil
}

// errTOML tells people where a file is no TOML.
func errTOML(name string, err error) error {
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, _ := decode.Position()
		return app.Invalid("", "%s, line %d: %s", name, line, decode.Error())
	}
	return app.Invalid("", "%s can't be read: %v", name, err)
}

// dependencies are those of a project without a lock file. One that says how it is
// built into a package is installed itself too; others are run from their source.
func (p project) dependencies() (dependencies, error) {
	w := dependencies{names: map[string]bool{}, fixed: true}
	switch {
	case p.Project != nil && !slices.Contains(p.Project.Dynamic, "dependencies"):
		w.from, w.project = "pyproject.toml", p.BuildSystem != nil
		return w, w.requireAll(p.Project.Dependencies)
	case p.Tool.Poetry != nil && p.Tool.Poetry.PackageMode != nil && !*p.Tool.Poetry.PackageMode:
		return w, app.Invalid("", "pyproject.toml is Poetry's, but there is no poetry.lock; run poetry lock and commit it")
	case p.Tool.Poetry != nil:
		for name := range p.Tool.Poetry.Dependencies {
			w.names[normalName(name)] = true
		}
		w.from, w.fixed, w.arguments = "pyproject.toml", false, []string{"."}
	case p.Project != nil || p.BuildSystem != nil:
		w.from, w.fixed, w.arguments = "pyproject.toml", false, []string{"."}
	}
	return w, nil
}
