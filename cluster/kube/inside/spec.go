package inside

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gondor/app"
)

// Where things are in every container whose process 1 is Gondor.
const (
	// Directory is an emptyDir that holds Binary and belongs to the container's user.
	Directory = "/gondor"
	// Binary is this program, carried in by "inside carry".
	Binary = Directory + "/gondor"
	// Shipped is the same program where it is a layer of the image and not carried in.
	Shipped = "/.gondor/gondor"
	// Environment is the file of people's variables, a JSON object, mounted from a Secret.
	// A container without it has none.
	Environment = "/gondor-environment/environment"
	// Socket is where process 1 is attached to.
	Socket = Directory + "/run/attach"
	// TerminationMessage is where Kubernetes looks for what a container says at its end.
	TerminationMessage = "/dev/termination-log"
)

// The ports that process 1 answers readiness probes on.
const (
	readinessPort      = 8601
	otherReadinessPort = 8602
)

// ReadinessPath is what readiness probes ask for: 200 when ready, 503 otherwise.
const ReadinessPath = "/ready"

// ReadinessPort is the port that process 1 answers readiness probes on, beside a program
// that listens on the given one.
func ReadinessPort(port int) int {
	if port == readinessPort {
		return otherReadinessPort
	}
	return readinessPort
}

// Spec says what process 1 of a container runs and how. It is the argument of "inside
// run", as JSON, with times in nanoseconds. It stands in the open in the pod: no secret
// may be in it.
type Spec struct {
	// Command is run by /bin/sh, unless Argv is not empty, which is run without a shell.
	// A program without a slash is looked for in the PATH that it is given.
	Command string   `json:"command,omitempty"`
	Argv    []string `json:"argv,omitempty"`
	// Dir is the working directory, absolute; empty for the image's own.
	Dir string `json:"dir,omitempty"`

	// Base is the plan's environment, over the image's: ${APP} stands for Dir, and its
	// PATH goes in front of the image's. Given is the engine's, over Base. The variables
	// of the file Environment are over all.
	Base  map[string]string `json:"base,omitempty"`
	Given map[string]string `json:"given,omitempty"`

	// Kind is app.Web or app.Worker; empty for a one-off, which has no readiness.
	Kind   app.ServiceKind `json:"kind,omitempty"`
	Health Health          `json:"health,omitzero"`

	// DrainTimeout is the most that requests in flight are waited for before SIGTERM.
	DrainTimeout time.Duration `json:"drainTimeout,omitempty"`
	// StopTimeout is between SIGTERM and SIGKILL; 0 is app.DefaultStopTimeout.
	StopTimeout time.Duration `json:"stopTimeout,omitempty"`
	// Timeout is after which the program is stopped, from its start; 0 is never.
	Timeout time.Duration `json:"timeout,omitempty"`
	// Memory is what the program may use, in bytes. It is only told to people, when the
	// kernel has killed something for it.
	Memory int64 `json:"memory,omitempty"`

	TTY       bool       `json:"tty,omitempty"`       // it has a terminal: one output stream, window changes
	Window    app.Window `json:"window,omitzero"`     // the terminal's first size; 80 by 24 when zero
	Stdin     bool       `json:"stdin,omitempty"`     // it reads what is attached; otherwise its standard input is empty
	Hold      bool       `json:"hold,omitempty"`      // it does not start until somebody attaches
	Ephemeral bool       `json:"ephemeral,omitempty"` // it is stopped when who attached has gone
	// Log has its output written to that of the container, as marked lines. Without, only
	// who is attached sees it.
	Log bool `json:"log,omitempty"`
}

// Health says when a service is ready. A web service is when it answers at PORT of the
// pod's address; a worker once it has lived for a while.
type Health struct {
	Path     string `json:"path,omitempty"`
	Statuses []int  `json:"statuses,omitempty"` // that count as healthy; empty for 200 to 399, 401, 403, 404
	Host     string `json:"host,omitempty"`
	Scheme   string `json:"scheme,omitempty"` // sent as X-Forwarded-Proto
	// Interval is between two checks once it was ready; while it starts it is asked more
	// often, for Timeout at most.
	Interval time.Duration `json:"interval,omitempty"`
	Timeout  time.Duration `json:"timeout,omitempty"`
	WarmUp   []string      `json:"warmUp,omitempty"` // paths that are asked for before it is first ready
	Alive    time.Duration `json:"alive,omitempty"`  // of a worker
	// Address is asked instead of the pod's own.
	Address string `json:"address,omitempty"`
}

// Encode returns the spec as the argument of "inside run".
func (s Spec) Encode() (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write what process 1 runs: %w", err)
	}
	return string(text), nil
}

// ParseSpec reads the argument of "inside run" and checks it.
func ParseSpec(text string) (Spec, error) {
	var s Spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return Spec{}, app.Invalid("spec", "can't be read: %v", err)
	}
	return s, s.Check()
}

// Check says what is wrong with the spec, as an error of CodeInvalid.
func (s Spec) Check() error {
	switch {
	case s.Command == "" && len(s.Argv) == 0:
		return app.Invalid("command", "is missing; name a command or the arguments of a program")
	case len(s.Argv) > 0 && s.Argv[0] == "":
		return app.Invalid("argv", "names no program")
	case s.Dir != "" && !strings.HasPrefix(s.Dir, "/"):
		return app.Invalid("dir", "%q is not an absolute path", s.Dir)
	case s.Kind != "" && s.Kind != app.Web && s.Kind != app.Worker:
		return app.Invalid("kind", "%q can't be run; use web or worker, or none for a one-off", s.Kind)
	case s.Kind == app.Web && !strings.HasPrefix(s.Health.Path, "/"):
		return app.Invalid("health.path", "%q is not the path of a URL", s.Health.Path)
	case s.DrainTimeout < 0 || s.StopTimeout < 0 || s.Timeout < 0 || s.Health.Interval < 0 || s.Health.Alive < 0:
		return app.Invalid("timeout", "can't be negative")
	}
	return nil
}
