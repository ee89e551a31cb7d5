package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// running is a proxy that takes requests.
type running struct {
	proxy
	address string
	cmd     *exec.Cmd
	rounds  []measure
}

// errAbsent says that a proxy is not installed.
var errAbsent = errors.New("not installed")

// start starts the proxy in a folder of its own and waits until it answers.
func start(ctx context.Context, p proxy, dir, backend string) (*running, error) {
	path, err := find(p.program)
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args, env, err := p.prepare(dir, address, backend)
	if err != nil {
		return nil, err
	}
	out, err := os.Create(filepath.Join(dir, "access.log"))
	if err != nil {
		return nil, fmt.Errorf("make the log of %s: %w", p.name, err)
	}
	defer out.Close()
	r := &running{proxy: p, address: address, cmd: exec.CommandContext(ctx, path, args...)}
	r.cmd.Env, r.cmd.Stdout = env, out
	r.cmd.Cancel = func() error { return r.cmd.Process.Signal(syscall.SIGINT) }
	r.cmd.WaitDelay = 2 * time.Second
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	return r, r.ready(ctx)
}

// find looks a program up in PATH, and where Debian keeps those of servers, which is not
// in everybody's.
func find(program string) (string, error) {
	for _, name := range []string{program, filepath.Join("/usr/sbin", program)} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errAbsent
}

// ready waits until a request is answered.
func (r *running) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	c := client{address: r.address}
	defer c.close()
	for {
		err := c.ask()
		if err == nil {
			return nil
		}
		c.close()
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", r.name, err)
		case <-tick.C:
		}
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// startBackend starts this program as the backend and returns its address.
func startBackend(ctx context.Context) (string, *exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "backend")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, fmt.Errorf("start the backend: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start the backend: %w", err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("read the address of the backend: %w", err), cmd.Wait())
	}
	return strings.TrimSpace(address), cmd, nil
}

// ticksPerSecond is USER_HZ, the unit of times in /proc, which is 100 on Linux wherever
// Go runs.
const ticksPerSecond = 100

// cpu returns the user and system time that the process has used (proc(5)).
func cpu(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read what a process has used: %w", err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks int64
	for _, i := range []int{11, 12} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read what a process has used: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// resident returns the resident memory of the process in bytes.
func resident(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("read the memory of a process: %w", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the memory of a process: %w", err)
	}
	return pages * int64(os.Getpagesize()), nil
}
