package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"gondor/app"
	"gondor/cluster/logfile"
)

// Options say how a supervisor runs.
type Options struct {
	Dir     string // its directory, absolute; made when missing
	Version string // given back by Client.Version
	// Passing is told before and after each step that a kill could come between: a record
	// written or erased, a program started. Tests kill the supervisor in it; nil otherwise.
	Passing func(point string)

	pace   pace           // how fast processes start again; the tests' own
	limits logfile.Limits // of logs; the tests' own
}

// Run is the supervisor of a directory. It returns after Client.Shutdown, SIGTERM, SIGINT
// or when ctx ends, having stopped all processes; CodeConflict when the directory has a
// supervisor. It wants a process of its own: it collects all of its children.
func Run(ctx context.Context, o Options) error {
	if !filepath.IsAbs(o.Dir) {
		return app.Invalid("dir", "%q is not an absolute path", o.Dir)
	}
	if os.Getenv(envRehearsal) != "" {
		return rehearse(os.Stdin, os.Stdout)
	}
	for _, dir := range []string{o.Dir, filepath.Join(o.Dir, "processes")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the supervisor's directory: %w", err)
		}
	}
	taken, err := inherited()
	if err != nil {
		return err
	}
	held, err := taken.lock(o.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()
	log := slog.New(slog.NewTextHandler(&boundedFile{path: filepath.Join(o.Dir, logFile), limit: 1 << 20}, nil))
	raiseFileLimit(log)
	debug.SetGCPercent(50) // small in memory rather than fast: it is idle nearly always
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return newServer(o, log, held).run(ctx, taken)
}

// enoughFiles is for a thousand processes with three pipes and a log each, and attached
// clients.
const enoughFiles = 1 << 14

// raiseFileLimit lets this process have many open files. The Go runtime has raised the
// soft limit to the hard one already, and gives children the one that was.
func raiseFileLimit(log *slog.Logger) {
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil || now.Cur >= enoughFiles {
		return
	}
	most := unix.Rlimit{Cur: enoughFiles, Max: max(now.Max, enoughFiles)}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &most); err != nil {
		log.Warn("few files can be open at once", "limit", now.Cur)
	}
}

// logsDir is where a supervisor keeps the logs of its processes.
func logsDir(dir string) string { return filepath.Join(dir, "logs") }

// newServer makes the supervisor; nothing happens before run.
func newServer(o Options, log *slog.Logger, held *os.File) *server {
	if o.pace == (pace{}) {
		o.pace = defaultPace()
	}
	if o.limits == (logfile.Limits{}) {
		o.limits = logfile.DefaultLimits()
	}
	if o.Passing == nil {
		o.Passing = func(string) {}
	}
	r := newRegistry()
	s := &server{
		version: o.Version, lock: held, registry: r, sockets: newSockets(),
		leave: make(chan struct{}), left: make(chan struct{}), replacing: make(chan *replacement),
	}
	logs := logfile.NewStore(logsDir(o.Dir), o.limits)
	logs.Log = log
	s.host = &host{
		dir: o.Dir, log: log, logs: logs, reaper: newReaper(),
		buffers: &chunks{}, pace: o.pace, passing: o.Passing, changed: r.changed, removed: r.removed,
	}
	return s
}

// run serves until it is told to leave. The order of leaving: processes, connections,
// reaper, files.
func (s *server) run(ctx context.Context, taken *handover) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	if err := s.begin(life, taken); err != nil {
		return err
	}
	defer forgetSocket(s.host.dir)
	s.host.log.Info("ready", "version", s.version, "processes", len(s.registry.list()), "in place of another", taken != nil)
	var err error
	for next := (*replacement)(nil); err == nil; {
		if next, err = s.live(ctx); next == nil {
			break
		}
		next.refused(s.replace(next))
	}
	end()
	s.recovering.Wait()
	s.host.reaper.ending.Wait() // the last ends are still being written down
	s.host.log.Info("left")
	return errors.Join(err, s.sockets.close(), s.socket.Close(), s.host.logs.Shut())
}

// begin takes over: from the supervisor whose place this one takes, or what a dead one
// wrote down.
func (s *server) begin(life context.Context, taken *handover) (err error) {
	if taken != nil {
		return s.resume(taken)
	}
	if s.socket, err = listenSocket(s.host.dir); err != nil {
		return err
	}
	return s.registry.recoverAll(life, s.host, &s.recovering)
}

// live answers and reaps until the supervisor is to leave, or something is to take its
// place: then nothing is answered nor reaped any more, but all runs.
func (s *server) live(ctx context.Context) (*replacement, error) {
	living, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	group, living := errgroup.WithContext(living)
	group.Go(func() error { return s.host.reaper.Run(living) })
	group.Go(func() error { return s.serve(living) })
	select {
	case <-ctx.Done():
	case <-s.leave:
	case <-living.Done():
	case next := <-s.replacing:
		s.host.replacing.Store(true)
		end()
		return next, group.Wait()
	}
	s.registry.leave()
	close(s.left)
	s.answering.Wait()
	end()
	return nil, group.Wait()
}
