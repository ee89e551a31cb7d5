package local

import (
	"log/slog"
	"runtime"
	"time"

	"gondor/app"
)

// Options say where an Engine keeps its things and what it may use. The zero value of a
// field, except of Dir, stands for its default.
type Options struct {
	Dir string // the data directory, absolute, which only one Engine uses at a time
	// Supervisor is the command that calls supervisor.Run for the directory that is added
	// as its last argument.
	Supervisor []string

	Drainer app.Drainer  // asked before a replica stops; nil: nobody is
	Logger  *slog.Logger // default slog.Default()

	FirstPort int // of those given to web replicas, default 20000
	LastPort  int // default 29999
	UIDBase   int // the first user and group of instances and builds, default 210000

	// Executable is the binary of Gondor, which GONDOR names to processes, default the
	// one that runs. It is copied into the data directory when other users can't reach it.
	Executable string
	// HardCPU makes the CPU of a size a limit too, not only a guaranteed share.
	HardCPU bool
	// StartsAtOnce is how many replicas start at the same time when all of them have to, as
	// after a start of the machine; default the number of CPUs.
	StartsAtOnce int
	// StartTurn is after which such a start no longer keeps the next waiting, default 10 s.
	StartTurn time.Duration
	// WorkerAlive is after which a worker counts as healthy, default app.WorkerAlive.
	WorkerAlive time.Duration

	Limits Limits // of one build
	// CacheBudget and LogBudget are what the caches of all sites and all logs may use
	// together, in bytes, default 10 GB each.
	CacheBudget, LogBudget int64
	// Reserve is how many bytes of the disk no build may take; one that does fails.
	Reserve int64
	// BuildEnv names the variables of Gondor's own environment that the steps of
	// builds get besides http_proxy, https_proxy and no_proxy: PIP_INDEX_URL, GOPROXY.
	BuildEnv []string
}

// Limits are what one build may use. One that exceeds a limit fails.
type Limits struct {
	Time   time.Duration // of all its steps together, default 15 minutes
	Memory int64         // bytes, default 2 GB; where the system has usable cgroups
	Disk   int64         // bytes of the source and what the steps add to it, default 4 GB
	PIDs   int           // processes and threads, default 1024; where the system has usable cgroups
}

func (o Options) withDefaults() Options {
	set(&o.Logger, slog.Default())
	set(&o.FirstPort, 20000)
	set(&o.LastPort, 29999)
	set(&o.UIDBase, 210000)
	set(&o.StartsAtOnce, runtime.NumCPU())
	set(&o.StartTurn, 10*time.Second)
	set(&o.WorkerAlive, app.WorkerAlive)
	set(&o.CacheBudget, 10<<30)
	set(&o.LogBudget, 10<<30)
	set(&o.Limits.Time, 15*time.Minute)
	set(&o.Limits.Memory, 2<<30)
	set(&o.Limits.Disk, 4<<30)
	set(&o.Limits.PIDs, 1024)
	return o
}

// set gives a field that is zero its default.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
