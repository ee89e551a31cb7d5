package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// forward listens on an address of this machine and carries every connection to the target
// in the cluster's network until ctx ends. It says where it listens on out, in one line.
func forward(ctx context.Context, out io.Writer, listen, target string) error {
	if err := join(hierarchy{path: "/sys/fs/cgroup/pids", options: "pids"}, "forward"); err != nil { // so that down finds it
		return fmt.Errorf("join the cgroup of the forwarders: %w", err)
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("listen for the forwarder: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	fmt.Fprintln(out, listener.Addr())
	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept a connection to forward: %w", err)
		}
		go carry(ctx, connection.(*net.TCPConn), target)
	}
}

// carry copies both directions of a connection until both ends have had enough.
func carry(ctx context.Context, outer *net.TCPConn, target string) {
	defer outer.Close()
	inner, err := dialInside(ctx, target)
	if err != nil {
		_ = outer.SetLinger(0) // a refused connection looks refused, not like an empty answer
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer inner.Close()
	stop := context.AfterFunc(ctx, func() { outer.Close(); inner.Close() })
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		copyThenClose(inner, outer)
	}()
	copyThenClose(outer, inner)
	<-done
}

func copyThenClose(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.Close()
		return
	}
	_ = to.CloseWrite() // the other side may have closed already
}

// dialInside connects from inside the hub's network namespace. The thread that went there
// never comes back: it ends with its goroutine.
func dialInside(ctx context.Context, target string) (*net.TCPConn, error) {
	type result struct {
		connection net.Conn
		err        error
	}
	results := make(chan result, 1)
	go func() {
		runtime.LockOSThread()
		if err := enterNetwork(hub); err != nil {
			results <- result{nil, err}
			return
		}
		dialer := net.Dialer{Timeout: 10 * time.Second}
		connection, err := dialer.DialContext(ctx, "tcp4", target)
		results <- result{connection, err}
	}()
	r := <-results
	if r.err != nil {
		return nil, fmt.Errorf("reach %s in the cluster: %w", target, r.err)
	}
	return r.connection.(*net.TCPConn), nil
}

// startForwarder starts a forwarder that outlives this process and tells where it listens.
func startForwarder(target string) (string, error) {
	log, err := os.Create(statePath("forward.log"))
	if err != nil {
		return "", fmt.Errorf("open the forwarder's log: %w", err)
	}
	defer log.Close()
	c := exec.Command("/proc/self/exe", "forward", target)
	c.Stderr, c.Dir, c.SysProcAttr = log, "/", &syscall.SysProcAttr{Setsid: true}
	out, err := c.StdoutPipe()
	if err != nil {
		return "", fmt.Errorf("start the forwarder: %w", err)
	}
	if err := c.Start(); err != nil {
		return "", fmt.Errorf("start the forwarder: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("start the forwarder: it said nothing: see %s: %w", log.Name(), err)
	}
	return strings.TrimSpace(line), c.Process.Release()
}
