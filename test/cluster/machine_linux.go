package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startMachine starts pid 1 of a machine; what pid 1 then does, see becomeMachine.
func startMachine(ctx context.Context, machine string) error {
	running, err := processes(machine)
	if err == nil && len(running) > 0 {
		return fmt.Errorf("the machine %s runs already", machine)
	}
	// Pod cgroups left by a killed kubelet cost the next one half a minute.
	if err := removeCgroups(machine); err != nil {
		return err
	}
	return quietly(exec.CommandContext(ctx, "/proc/self/exe", "launch", machine))
}

// launch joins the machine's cgroups and network, and starts its pid 1 from there in new
// namespaces. It is a process of its own, for it can't come back from the cgroups.
func launch(machine string) error {
	if err := joinCgroups(machine); err != nil {
		return err
	}
	runtime.LockOSThread() // the network namespace is one of the thread, and its child's
	if err := enterNetwork(machine); err != nil {
		return err
	}
	log, err := os.OpenFile(statePath(machine+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of %s: %w", machine, err)
	}
	defer log.Close()
	first := exec.Command("/proc/self/exe", "machine", machine)
	first.Stdout, first.Stderr, first.Dir = log, log, "/"
	first.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=/var/tmp", "HOME=/root"}
	first.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWCGROUP,
	}
	if err := first.Start(); err != nil {
		return fmt.Errorf("start pid 1 of %s: %w", machine, err)
	}
	return os.WriteFile(statePath(machine+".pid"), []byte(strconv.Itoa(first.Process.Pid)), 0o600)
}

// enterNetwork moves the calling thread, which must be locked, into a machine's network.
func enterNetwork(machine string) error {
	file, err := os.Open(netnsPath(machine))
	if err != nil {
		return fmt.Errorf("enter the network of %s: %w", machine, err)
	}
	defer file.Close()
	if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter the network of %s: %w", machine, err)
	}
	return nil
}

// killMachine ends all processes of a machine at once, as a power failure would; of the
// whole cluster when machine is "".
func killMachine(machine string) error {
	var err error
	gone := soon(20*time.Second, func() bool {
		var alive []int
		if alive, err = processes(machine); err != nil {
			return true
		}
		for _, pid := range alive {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself meanwhile
		}
		return len(alive) == 0
	})
	if !gone {
		return fmt.Errorf("kill the processes of %q: some don't end", machine)
	}
	return err
}

// firstProcess is the pid, on this machine, of a machine's pid 1.
func firstProcess(machine string) (int, error) {
	data, err := os.ReadFile(statePath(machine + ".pid"))
	if err != nil {
		return 0, fmt.Errorf("the machine %s doesn't run", machine)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0, fmt.Errorf("read the pid of %s: %w", machine, err)
	}
	alive, err := processes(machine)
	if err != nil {
		return 0, err
	}
	if !slices.Contains(alive, pid) {
		return 0, fmt.Errorf("the machine %s doesn't run: bring it back with start %s", machine, machine)
	}
	return pid, nil
}

// inside makes a command that runs in all namespaces of a machine.
func inside(ctx context.Context, machine string, command ...string) (*exec.Cmd, error) {
	pid, err := firstProcess(machine)
	if err != nil {
		return nil, err
	}
	arguments := []string{"-t", strconv.Itoa(pid), "-m", "-n", "-p", "-u", "-i", "-C", "--"}
	return exec.CommandContext(ctx, "nsenter", append(arguments, command...)...), nil
}
