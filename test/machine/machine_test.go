package machine

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// machine is a Debian that runs in namespaces of its own, the network's too.
type machine struct {
	t      *testing.T
	dir    string
	nspawn *exec.Cmd
	said   *bytes.Buffer
}

// newMachine starts a machine; it ends with the test.
func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, dir: filepath.Join(t.TempDir(), "root")}
	for parent := filepath.Dir(m.dir); parent != os.TempDir(); parent = filepath.Dir(parent) {
		must(t, os.Chmod(parent, 0o755)) // instances have users of their own
	}
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", "--reflink=auto", image(t), m.dir).CombinedOutput(); err != nil {
		t.Fatalf("copy the image: %v\n%s", err, out)
	}
	m.write("/etc/hosts", "127.0.0.1 localhost example.com my-site.example.com\n")
	m.write("/etc/hostname", "machine\n")
	m.write("/etc/machine-id", strings.Repeat("0123456789abcdef", 2)+"\n") // or systemd asks questions
	m.said = &bytes.Buffer{}
	t.Cleanup(func() {
		m.end()
		if t.Failed() {
			t.Logf("the machine said:\n%s", m.said)
		}
	})
	m.boot()
	return m
}

// boot switches the machine on.
func (m *machine) boot() {
	m.t.Helper()
	m.nspawn = exec.CommandContext(context.WithoutCancel(m.t.Context()), "systemd-nspawn", "--quiet", "--directory="+m.dir, "--boot", "--register=no", "--keep-unit",
		"--private-network", "--machine=gondor-"+strconv.Itoa(os.Getpid()), "--console=pipe")
	m.nspawn.Stdout, m.nspawn.Stderr = m.said, m.said
	must(m.t, m.nspawn.Start())
	m.awaitBoot()
}

// reboot is systemctl reboot, by which systemd-nspawn ends, and the machine's next run.
func (m *machine) reboot() {
	m.t.Helper()
	_, _ = m.try("systemctl reboot") // it may be cut off
	err := m.nspawn.Wait()
	const wantsReboot = 133 // systemd-nspawn(1), --keep-unit
	if code := m.nspawn.ProcessState.ExitCode(); code != wantsReboot {
		m.t.Fatalf("the machine ended with %v", err)
	}
	m.boot()
}

// end switches the machine off.
func (m *machine) end() {
	if m.nspawn == nil || m.nspawn.ProcessState != nil {
		return
	}
	_ = m.nspawn.Process.Signal(syscall.SIGTERM) // it has just ended
	ended := make(chan error, 1)
	go func() { ended <- m.nspawn.Wait() }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		_ = syscall.Kill(m.leader(), syscall.SIGKILL) // and with it all of the machine
		<-ended
	}
}

func (m *machine) awaitBoot() {
	m.t.Helper()
	eventually(m.t, "the machine has started", func() bool {
		out, err := m.try("systemctl is-active multi-user.target")
		return err == nil && strings.TrimSpace(out) == "active"
	})
}

// leader is process 1 of the machine as this one sees it; 0 while there is none.
func (m *machine) leader() int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", m.nspawn.Process.Pid))
	if err != nil {
		return 0
	}
	for _, field := range strings.Fields(string(text)) {
		name, err := os.ReadFile("/proc/" + field + "/comm")
		if pid, wrong := strconv.Atoi(field); err == nil && wrong == nil && strings.TrimSpace(string(name)) == "systemd" {
			return pid
		}
	}
	return 0
}

// try runs a shell command on the machine, in root's home, and returns what it wrote.
func (m *machine) try(command string) (string, error) {
	leader := m.leader()
	if leader == 0 {
		return "", fmt.Errorf("the machine does not run")
	}
	c := exec.CommandContext(m.t.Context(), "nsenter", "--target", strconv.Itoa(leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd",
		"env", "-i", "HOME=/root", "LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "bash", "-c", "cd; "+command)
	var out, complaints bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaints
	err := c.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s%s", command, err, out.String(), complaints.String())
	}
	return out.String(), err
}

// run is try for what must succeed.
func (m *machine) run(command string) string {
	m.t.Helper()
	out, err := m.try(command)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Logf("$ %s\n%s", command, out)
	return out
}

func (m *machine) write(path, text string) {
	m.t.Helper()
	must(m.t, os.WriteFile(filepath.Join(m.dir, path), []byte(text), 0o644))
}

// client reaches the machine's port 80 from its own loopback interface, whatever the host.
func (m *machine) client() *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		MaxIdleConnsPerHost: 50,
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return m.dial(ctx) },
	}}
}

// dial opens a socket in the network of the machine: it is that of the thread that asks.
func (m *machine) dial(ctx context.Context) (net.Conn, error) {
	theirs, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", m.leader()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	type result struct {
		conn net.Conn
		err  error
	}
	dialled := make(chan result, 1)
	go func() {
		runtime.LockOSThread() // never unlocked, so that nothing else runs there
		if err := unix.Setns(int(theirs.Fd()), unix.CLONE_NEWNET); err != nil {
			dialled <- result{nil, err}
			return
		}
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp4", "127.0.0.1:80")
		dialled <- result{c, err}
	}()
	r := <-dialled
	return r.conn, r.err
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(3 * time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
