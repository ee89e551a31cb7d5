package builder

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gondor/app"
	"gondor/cluster/command"
	"gondor/cluster/limit"
	"gondor/cluster/logfile"
)

const (
	// stepGrace is between SIGTERM and SIGKILL for a step.
	stepGrace = 5 * time.Second
	// lateOutput is how long output is read on after a step has ended whose children hold it.
	lateOutput = time.Second
)

// step tells the log of one step and runs it to its end.
func (b *construction) step(ctx context.Context, step app.Step) error {
	if err := b.out.send(Message{Stream: app.Gondor, Text: "-----> " + step.Name}); err != nil {
		return err
	}
	kills, last := limit.MemoryKills(b.dirs.Cgroups), &tail{}
	stdout, stderr := b.stepOutput(app.Stdout, last), b.stepOutput(app.Stderr, last)
	cmd := b.command(ctx, step)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err := cmd.Start()
	if err != nil {
		return app.Fault(app.CodeFailed, "the step %q could not be started: %v", step.Name, err)
	}
	err = cmd.Wait()
	b.killRest(cmd.Process.Pid)
	stdout.flush()
	stderr.flush()
	if err := errors.Join(ctx.Err(), stdout.failed, stderr.failed); err != nil {
		return err
	}
	return b.verdict(step, err, limit.MemoryKills(b.dirs.Cgroups) > kills, last.lines)
}

func (b *construction) stepOutput(stream app.Stream, last *tail) *stepOutput {
	return &stepOutput{stream: stream, hidden: b.hidden, out: b.out, tail: last, lines: logfile.Splitter{Limit: longestLine}}
}

// command is a step in a process group of its own, which ends with ctx.
func (b *construction) command(ctx context.Context, step app.Step) *exec.Cmd {
	argv := command.Shell(step.Command)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = b.dirs.App, b.environment(step).List()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		pid := cmd.Process.Pid
		time.AfterFunc(stepGrace, func() { b.killRest(pid) })
		return unix.Kill(-pid, unix.SIGTERM)
	}
	cmd.WaitDelay = stepGrace + lateOutput
	return cmd
}

// killRest kills what a step has left in its group. Its number can't have gone to others
// yet: process 1 of the container reaps, and numbers are given in turn.
func (b *construction) killRest(pid int) { _ = unix.Kill(-pid, unix.SIGKILL) } // nothing may be left

// environment is what a step gets: the image's, Gondor's, the operator's, the step's and
// the build's variables, each over those before it.
func (b *construction) environment(step app.Step) command.Environment {
	env := command.Environment{"PATH": command.SystemPath}
	for _, variable := range b.environ {
		key, value, _ := strings.Cut(variable, "=")
		env[key] = value
	}
	return env.Over(map[string]string{
		"HOME": b.home(), "TMPDIR": b.temporary(), "LANG": "C.UTF-8", "GONDOR": b.dirs.Gondor,
	}).Over(b.Passed).Plan(step.Env, "${APP}", b.dirs.App, "${CACHE}", b.cache()).Over(b.Variables)
}

// verdict turns the end of a step into an error of CodeFailed, unless it went well.
func (b *construction) verdict(step app.Step, err error, outOfMemory bool, last []string) error {
	if err == nil || errors.Is(err, exec.ErrWaitDelay) { // a child that holds the output is no fault
		return nil
	}
	text := fmt.Sprintf("the step %q failed: %s", step.Name, b.ending(err, outOfMemory))
	if len(last) > 0 {
		text += "\n" + strings.Join(last, "\n")
	}
	return app.Fault(app.CodeFailed, "%s", text)
}

func (b *construction) ending(err error, outOfMemory bool) string {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err.Error()
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	switch {
	case outOfMemory:
		return fmt.Sprintf("killed: it used more than %d MB of memory", b.Memory>>20)
	case ok && status.Signaled():
		return "killed by " + unix.SignalName(status.Signal())
	}
	return fmt.Sprintf("exit status %d", exit.ExitCode())
}
