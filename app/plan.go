package app

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Plan is how a source tree is built and what it can run afterwards: read from the
// tree by build, carried out by an engine.
type Plan struct {
	Language  string            // "Python 3.11", "Node.js", "Go", "static files", "Procfile"
	Runtime   string            // what the engine must offer: "python", "node", "go", "static", "none"; "image" of one that exists
	Needs     []string          // all languages that the steps need, by the names of Runtimes: "node", "python", "go"
	Steps     []Step            // in order; the first that fails ends the build
	Processes map[string]string // process type -> command, from the Procfile or the language's default
	// Argv holds the process types that run without a shell: the program and its
	// arguments. Processes has them too, as people would write them.
	Argv map[string][]string
	// Port is where a web process listens that pays no heed to PORT; 0 is none.
	Port int
	// Volume is how many bytes gondor.yml asks to keep in DATA_DIR, 0 for none.
	Volume int64
	// Env is given to every process of the artifact below all that people set. In its
	// values ${APP} stands for the artifact's directory. A PATH in it stands in front of
	// the engine's own.
	Env map[string]string
	// Services are the settings that gondor.yml gives to process types.
	Services map[string]ServiceConfig
}

// Step is one command of a build, run by sh in the root of the source.
type Step struct {
	Name    string // for people: "Install dependencies"
	Command string
	// Env is given to the command, below the variables of the build. In its values ${APP}
	// stands for the root of the source and ${CACHE} for the directory that the site's
	// builds share. A PATH in it stands in front of the engine's own.
	Env map[string]string
	// Makes is the directory in the source that the command makes, and Key stands for all
	// that its contents hang on: an engine may take over what an earlier build of the site
	// has there by the same key instead of running the command. No later step changes what
	// is in it, and nothing ever writes to its files in place. Both "" for a step that has
	// to run.
	Makes, Key string
}

// RebuildVariable is a variable of builds: where it is set, nothing that earlier builds
// have made is taken over.
const RebuildVariable = "GONDOR_REBUILD"

// ReleaseProcess is the process type that runs once per release, before anything
// switches, and is never a service.
const ReleaseProcess = "release"

// ProcessTypes returns the process types that can be services, in order.
func (p Plan) ProcessTypes() []string {
	types := slices.Sorted(maps.Keys(p.Processes))
	return slices.DeleteFunc(types, func(t string) bool { return t == ReleaseProcess })
}

// fill gives a program, whose Env is its own, what a service runs.
func (p Plan) fill(program Program, service Service) Program {
	program.Command, program.Argv = p.Processes[service.Name], slices.Clone(p.Argv[service.Name])
	if service.Kind == Web && p.Port != 0 && program.Env["PORT"] == "" {
		program.Env["PORT"] = strconv.Itoa(p.Port)
	}
	return program
}

// ServiceConfig is what gondor.yml can say of one process type. A zero field means the
// default.
type ServiceConfig struct {
	HealthPath     string        // of a web service, default /
	HealthStatuses []int         // that count as healthy, default 200 to 399, 401, 403, 404
	HealthInterval time.Duration // between two checks, default 5 s once healthy
	HealthTimeout  time.Duration // to become healthy, default 60 s
	WarmUp         []string      // paths that each new replica of a web service is asked for before it is healthy
	StopTimeout    time.Duration // between SIGTERM and SIGKILL, default 30 s
	DrainTimeout   time.Duration // for requests in flight, default 30 s
	Strategy       Strategy      // default overlap; stop-first for beat and clock
}

// Strategy says how a service goes from one release to the next.
type Strategy string

// The strategies.
const (
	Overlap   Strategy = "overlap"    // the new replicas start beside the old ones
	StopFirst Strategy = "stop-first" // the old ones stop before the new ones start
)

// Defaults of ServiceConfig.
const (
	DefaultHealthPath     = "/"
	DefaultHealthInterval = 5 * time.Second
	DefaultHealthTimeout  = 60 * time.Second
	DefaultStopTimeout    = 30 * time.Second
	DefaultDrainTimeout   = 30 * time.Second
	WorkerAlive           = 10 * time.Second // after which a worker counts as healthy
)

// config returns the settings of a service with the defaults filled in.
func (p Plan) config(service Service) ServiceConfig {
	c := p.Services[service.Name]
	strategy := Overlap
	if service.Name == "beat" || service.Name == "clock" {
		strategy = StopFirst // two of them would do everything twice
	}
	return ServiceConfig{
		HealthPath:     cmp.Or(c.HealthPath, DefaultHealthPath),
		HealthStatuses: c.HealthStatuses,
		HealthInterval: cmp.Or(c.HealthInterval, DefaultHealthInterval),
		HealthTimeout:  cmp.Or(c.HealthTimeout, DefaultHealthTimeout),
		WarmUp:         c.WarmUp,
		StopTimeout:    cmp.Or(c.StopTimeout, DefaultStopTimeout),
		DrainTimeout:   cmp.Or(c.DrainTimeout, DefaultDrainTimeout),
		Strategy:       cmp.Or(c.Strategy, strategy),
	}
}
