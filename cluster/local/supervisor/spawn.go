package supervisor

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"gondor/app"
	"gondor/cluster/command"
)

// spawn starts the program of a process.
func (p *process) spawn() (*program, error) {
	path, err := command.Find(p.spec.Argv[0], p.spec.Env)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(p.spec.Dir); err != nil {
		return nil, fmt.Errorf("its directory: %w", err)
	}
	path, argv := limited(path, p.spec)
	g, ends, err := p.prepare()
	defer closeAll(ends)
	if err != nil {
		return nil, err
	}
	if p.first != nil {
		p.first.program = g
		p.attached.Store(p.first)
	}
	return g, g.start(func() (pid int, err error) {
		err = p.host.step("start "+p.spec.ID, func() error {
			pid, err = fork(path, argv, p.spec, descriptors(ends))
			return err
		})
		return pid, err
	})
}

// prepare makes all that a program needs but itself, and the child's ends of it.
func (p *process) prepare() (*program, []*os.File, error) {
	g := &program{process: p, started: time.Now(), ooms: oomKills(p.spec.Cgroups), drained: make(chan struct{})}
	g.refused, _ = refusedForks(p.spec.Cgroups)
	ends, err := g.plumb()
	if err == nil {
		err = g.addPumps()
	}
	if err == nil && p.spec.Log != "" {
		g.writer, err = p.host.logs.Writer(p.spec.Log)
	}
	if err != nil {
		closeAll(append(g.outputs, g.input))
	}
	return g, ends, err
}

// start forks and begins to read the outputs.
func (g *program) start(fork func() (int, error)) error {
	g.reading.Add(len(g.pumps))
	_, err := g.process.host.reaper.start(
		func() (pid int, err error) {
			g.pid, err = fork()
			return g.pid, err
		},
		func(s syscall.WaitStatus) { g.process.ended(g, s) },
	)
	if err != nil {
		g.reading.Add(-len(g.pumps))
		g.drain()
		return fmt.Errorf("%s: %w", g.process.spec.Argv[0], err)
	}
	g.born, _ = birth(g.pid) // it may have ended
	for _, one := range g.pumps {
		go one.run()
	}
	return nil
}

// addPumps makes what reads the outputs.
func (g *program) addPumps() error {
	kinds := []kind{kindStdout, kindStderr}
	streams := []app.Stream{app.Stdout, app.Stderr}
	for i, f := range g.outputs {
		raw, err := f.SyscallConn()
		if err != nil {
			return fmt.Errorf("read an output: %w", err)
		}
		g.pumps = append(g.pumps, &pump{program: g, file: f, raw: raw, kind: kinds[i], stream: streams[i]})
	}
	return nil
}

func descriptors(files []*os.File) []uintptr {
	var all []uintptr
	for _, f := range files {
		all = append(all, f.Fd()) // makes it blocking, as programs expect
	}
	return all
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

func orElse(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}
