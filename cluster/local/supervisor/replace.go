package supervisor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gondor/app"
)

// replacement is a program that is to take the supervisor's place, and who asked for it.
type replacement struct {
	argv  []string
	asker *os.File
}

// refused tells who asked why the supervisor is still the same.
func (r *replacement) refused(err error) {
	_ = writeMessage(r.asker, failure(err)) // it may have gone
	_ = r.asker.Close()
}

// answerReplace lets another program take the supervisor's place, once it has said that it
// understands what it will be given. Who asked hears of a refusal, or its connection ends.
func (s *server) answerReplace(ctx context.Context, c *net.UnixConn, q request) (reply, error) {
	if len(q.Argv) == 0 || !filepath.IsAbs(q.Argv[0]) {
		return reply{}, app.Invalid("argv", "%q does not begin with the path of a program", q.Argv)
	}
	if err := s.tryOut(ctx, q.Argv); err != nil {
		return reply{}, app.Fault(app.CodeUnavailable, "%s can't take the supervisor's place: %v", q.Argv[0], err)
	}
	s.recovering.Wait() // what an earlier one left is nobody's child: no other could end it
	asker, err := c.File()
	if err != nil {
		return reply{}, fmt.Errorf("keep the connection: %w", err)
	}
	select {
	case s.replacing <- &replacement{q.Argv, asker}:
		return reply{}, errAnswered
	case <-ctx.Done():
		return reply{}, errors.Join(errLeaving, asker.Close())
	}
}

// rehearsalTime is how long a program may take to say that it understands.
const rehearsalTime = 30 * time.Second

// tryOut asks a program whether it understands what would be handed over.
func (s *server) tryOut(ctx context.Context, argv []string) error {
	b := s.gather(false)
	in, err := b.write(s.host.dir)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := nameless(s.host.dir)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	err = s.runToEnd(ctx, argv, []uintptr{in.Fd(), out.Fd(), out.Fd()})
	said := make([]byte, 1000)
	n, _ := out.ReadAt(said, 0) // io.EOF at the end of what it said
	text := string(said[:n])
	if err == nil && text == understood {
		return nil
	}
	if err == nil {
		err = errors.New("it does not say that it understands what it would be given")
	}
	return fmt.Errorf("%w; it said %q", err, strings.TrimSpace(text))
}

// runToEnd runs a rehearsal.
func (s *server) runToEnd(ctx context.Context, argv []string, files []uintptr) error {
	ctx, cancel := context.WithTimeout(ctx, rehearsalTime)
	defer cancel()
	ended := make(chan syscall.WaitStatus, 1)
	pid, err := s.host.reaper.start(func() (int, error) {
		return syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{
			Dir: s.host.dir, Env: append(environment(), envRehearsal+"=1"), Files: files,
			Sys: &syscall.SysProcAttr{Setsid: true},
		})
	}, func(status syscall.WaitStatus) { ended <- status })
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		_ = killGroup(pid, syscall.SIGKILL) // it just ended
		return ctx.Err()
	case status := <-ended:
		if status != 0 {
			return fmt.Errorf("it ended with status %d", status.ExitStatus())
		}
		return nil
	}
}

// environment is this process's own, without what is said to another supervisor.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(one string) bool {
		return strings.HasPrefix(one, envHandover+"=") || strings.HasPrefix(one, envRehearsal+"=")
	})
}

// replace hands everything over and becomes the other program. It returns only when that
// has failed; then all goes on as before.
func (s *server) replace(r *replacement) error {
	s.host.reaper.ending.Wait()
	s.host.draining.Wait()
	all := s.registry.list()
	for _, p := range all {
		p.mu.Lock() // from now on no timer changes anything
		p.pause()
	}
	err := s.become(r.argv)
	for _, p := range all {
		p.proceed()
		p.mu.Unlock()
	}
	s.host.replacing.Store(false)
	s.host.log.Error("another program could not take this one's place", "program", r.argv[0], "error", err)
	return err
}

// become is exec.
func (s *server) become(argv []string) error {
	b := s.gather(true)
	file, err := b.write(s.host.dir)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	fd := b.add(file)
	err = b.keep(true)
	if err == nil {
		s.host.log.Info("another program takes this one's place", "program", argv[0])
		err = unix.Exec(argv[0], argv, append(environment(), fmt.Sprintf("%s=%d", envHandover, fd)))
	}
	return errors.Join(fmt.Errorf("become %s: %w", argv[0], err), b.keep(false))
}

// pause stops reading what the process writes. The caller holds its lock.
func (p *process) pause() {
	if p.runs() {
		p.program.pause()
	}
}

// proceed undoes pause.
func (p *process) proceed() {
	if p.runs() {
		p.program.proceed()
	}
}

// pause returns when all that was read has been delivered, and nothing more is.
func (g *program) pause() {
	g.mu.Lock()
	g.paused = true
	for _, f := range g.outputs {
		_ = f.SetReadDeadline(time.Unix(1, 0)) // it may be closed
	}
	g.mu.Unlock()
	g.reading.Wait()
}

// proceed reads on.
func (g *program) proceed() {
	g.mu.Lock()
	g.paused = false
	for i, f := range g.outputs {
		_ = f.SetReadDeadline(g.pumps[i].prompt())
	}
	g.mu.Unlock()
	g.read()
}

// read begins to read the outputs.
func (g *program) read() {
	g.reading.Add(len(g.pumps))
	for _, one := range g.pumps {
		go one.run()
	}
}

func (g *program) isPaused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused
}
