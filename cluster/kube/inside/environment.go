package inside

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"gondor/app"
	"gondor/cluster/command"
)

// environment puts together what the program gets: the image's variables, the plan's, the
// engine's and people's, each over those before it.
func (o Options) environment(dir string) (command.Environment, error) {
	env := imageEnvironment(o.Environ)
	if env["PATH"] == "" {
		env["PATH"] = command.SystemPath
	}
	people, err := readEnvironment(o.Environment)
	if err != nil {
		return nil, err
	}
	env.Plan(o.Spec.Base, "${APP}", dir).Over(o.Spec.Given).Over(people)
	if o.Spec.TTY && env["TERM"] == "" {
		env["TERM"] = "xterm-256color"
	}
	return env, nil
}

// imageEnvironment leaves out what Kubernetes adds to an image's variables.
func imageEnvironment(environ []string) command.Environment {
	env := command.Environment{}
	for _, variable := range environ {
		key, value, _ := strings.Cut(variable, "=")
		if key != "HOSTNAME" && !strings.HasPrefix(key, "KUBERNETES_") {
			env[key] = value
		}
	}
	return env
}

// readEnvironment reads people's variables; none when there is no such file.
func readEnvironment(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the variables: %w", err)
	}
	var people map[string]string
	if err := json.Unmarshal(text, &people); err != nil {
		// Nothing of the text is told: it holds secrets.
		return nil, app.Invalid("", "the variables in %s are not a JSON object of texts", path)
	}
	return people, nil
}
