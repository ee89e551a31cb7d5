package app

import (
	"context"
	"log/slog"
	"net/url"
	"sync"
	"time"
)

// Ports are what the domain needs of the world. All but the last two are required.
type Ports struct {
	Store     Store
	Vault     *Vault
	Workloads Workloads
	Processes Processes
	Builder   Builder
	Sources   Sources
	Logs      Logs
	Endpoints Endpoints
	Notifier  Notifier
	Disk      Disk // nil: there is always room
	// DrainStates tells how drains stand; nil: nobody knows.
	DrainStates DrainStates
}

// Config is what an operator decides of an installation.
type Config struct {
	// URL is where people reach Gondor itself; its host is the domain below which
	// instances get their names, its scheme and port are theirs too.
	URL *url.URL
	// Sizes are the classes of services; DefaultSizes when empty.
	Sizes Sizes
	// KeepReleases is how many releases of an instance can be rolled back to; 5 when 0.
	KeepReleases int
	// Builds is how many builds run at once; 1 when 0.
	Builds int
}

// App is the domain at work: its methods are the use cases, each beginning with
// Authorize. It is safe for concurrent use.
type App struct {
	Ports
	config Config
	log    *slog.Logger
	now    func() time.Time

	state     *observed                 // what the engine told
	routes    *routes                   // made of it and of the store
	refresh   sync.Mutex                // held while routes are made anew
	instances *queue[ID[Instance]]      // in line to be reconciled
	phases    *waits[ID[Release]]       // the release processes that are waited for
	tasks     *queue[ID[ScheduledTask]] // in line to be moved on
	detached  *queue[ID[Run]]           // runs in line to be gone on with
	runs      *waits[ID[Run]]           // the processes of detached runs that are waited for
	taskRuns  *waits[ID[TaskRun]]       // the processes of task runs that are waited for
	receivers *queue[ID[Receiver]]      // that messages wait for, in line to be told
	vigil     *vigil                    // over the services that should run
	lingering *lingering                // what was replaced a moment ago
	builds    *buildQueue               // what is being built
	room      room                      // on the disk
	untidy    chan struct{}             // asks for housekeeping
	closed    map[ID[Build]]bool        // the builds whose logs housekeeping has closed; its own
	ready     chan struct{}             // closed when Run has seen everything there is
	attempts  attempts                  // to sign in, that failed
	cost      int                       // of a password's hash
}

// New returns the domain over its ports. Nothing happens by itself before Run.
func New(config Config, ports Ports, log *slog.Logger) *App {
	if len(config.Sizes) == 0 {
		config.Sizes = DefaultSizes()
	}
	if config.KeepReleases == 0 {
		config.KeepReleases = 5
	}
	if config.Builds == 0 {
		config.Builds = 1
	}
	return &App{
		Ports:     ports,
		config:    config,
		log:       log,
		now:       time.Now,
		state:     newObserved(),
		routes:    newRoutes(),
		instances: newQueue[ID[Instance]](),
		phases:    newWaits[ID[Release]](),
		tasks:     newQueue[ID[ScheduledTask]](),
		detached:  newQueue[ID[Run]](),
		runs:      newWaits[ID[Run]](),
		taskRuns:  newWaits[ID[TaskRun]](),
		receivers: newQueue[ID[Receiver]](),
		vigil:     newVigil(),
		lingering: newLingering(),
		builds:    newBuildQueue(),
		untidy:    make(chan struct{}, 1),
		closed:    map[ID[Build]]bool{},
		ready:     make(chan struct{}),
		cost:      passwordCost,
	}
}

// Sizes lists the classes of services that the installation offers, smallest first.
func (a *App) Sizes() Sizes { return a.config.Sizes }

// update runs one use case that writes.
func (a *App) update(ctx context.Context, fn func(Tx) error) error { return a.Store.Update(ctx, fn) }

// read runs one use case that only reads.
func (a *App) read(ctx context.Context, fn func(Reader) error) error { return a.Store.View(ctx, fn) }
