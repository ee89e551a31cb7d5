package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// becomeMachine is pid 1 of a machine: it gives the machine a /proc, /sys, /run, /var and
// /etc of its own, starts its daemons, and then reaps whatever ends. It never returns
// unless the start fails.
func becomeMachine(machine string) error {
	o, err := loadOptions()
	if err != nil {
		return err
	}
	if err := furnish(machine); err != nil {
		return fmt.Errorf("furnish the machine: %w", err)
	}
	if machine == control {
		err = startControlPlane(o)
	} else {
		err = startNode(o, machine)
	}
	if err != nil {
		return err
	}
	reap()
	return nil
}

// furnish makes the mounts of the machine. After it the state directory is out of sight.
func furnish(machine string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(machine)); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil { // nothing we mount is seen outside
		return err
	}
	steps := []func() error{
		func() error { return mount("proc", "/proc", "proc", "") },
		holdKernelSettings,
		func() error { return mountCgroups(all) },
		func() error { return ownEtc(machine) },
		func() error { return ownVar(machine) },
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "") },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func mount(source, target, kind, options string) error {
	if err := unix.Mount(source, target, kind, 0, options); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}

// holdKernelSettings shows kubelet the kernel settings that it wants, as files of ours:
// it would set the whole machine's otherwise.
func holdKernelSettings() error {
	wanted := map[string]string{
		"vm/overcommit_memory": "1", "kernel/panic": "10", "kernel/panic_on_oops": "1",
		"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
	}
	if err := mount("tmpfs", "/mnt", "tmpfs", "mode=755"); err != nil {
		return err
	}
	for setting, value := range wanted {
		file := filepath.Join("/mnt", filepath.Base(setting))
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := unix.Mount(file, "/proc/sys/"+setting, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("hold the kernel setting %s: %w", setting, err)
		}
	}
	return nil
}

// mountCgroups shows every hierarchy once, with this machine's cgroup as its root.
func mountCgroups(all []hierarchy) error {
	for unix.Unmount("/sys", unix.MNT_DETACH) == nil {
	}
	if err := mount("sysfs", "/sys", "sysfs", ""); err != nil {
		return err
	}
	if err := mount("tmpfs", "/sys/fs/cgroup", "tmpfs", "mode=755"); err != nil {
		return err
	}
	for _, h := range all {
		if err := os.Mkdir(h.path, 0o755); err != nil {
			return err
		}
		if err := mount("cgroup", h.path, "cgroup", h.options); err != nil {
			return err
		}
	}
	return nil
}

func ownEtc(machine string) error {
	upper, work := statePath(machine, "etc"), statePath(machine, "etc-work")
	if err := errors.Join(os.MkdirAll(upper, 0o755), os.MkdirAll(work, 0o755)); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(upper, "kubernetes"), os.DirFS(statePath("pki", machine))); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := mount("overlay", "/etc", "overlay", "lowerdir=/etc,upperdir="+upper+",workdir="+work); err != nil {
		return err
	}
	if err := os.Remove("/etc/resolv.conf"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return errors.Join(
		os.WriteFile("/etc/resolv.conf", nil, 0o644),
		os.WriteFile("/etc/hostname", []byte(machine+"\n"), 0o644),
		os.WriteFile("/etc/hosts", []byte("127.0.0.1 localhost\n"), 0o644))
}

func ownVar(machine string) error {
	own := statePath(machine, "var")
	for _, dir := range []string{"lib/kubelet", "lib/containerd", "lib/cni", "lib/etcd", "log/pods", "log/containers", "tmp"} {
		if err := os.MkdirAll(filepath.Join(own, dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.Symlink("/run", filepath.Join(own, "run")); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := unix.Mount(own, "/var", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount /var: %w", err)
	}
	return mount("tmpfs", "/run", "tmpfs", "mode=755")
}

// daemon starts a program under a name of its own; its output goes to /var/log.
func daemon(program, name string, arguments ...string) error {
	log, err := os.OpenFile("/var/log/"+name+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	defer log.Close()
	c := exec.Command(program)
	c.Args = append([]string{name}, arguments...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	return c.Process.Release() // reap waits for it
}

// reap waits for every process that ends, as pid 1 must, for ever.
func reap() {
	for {
		_, err := syscall.Wait4(-1, nil, 0, nil)
		if errors.Is(err, syscall.ECHILD) {
			time.Sleep(time.Second)
		}
	}
}

// awaitAPIServer waits until the API server is ready, a minute at most: a node may start
// while the control plane is away, and kubelet goes on trying.
func awaitAPIServer() {
	client := &http.Client{
		Timeout:   time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}, // only whether it answers
	}
	soon(time.Minute, func() bool {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://"+apiAddress+"/readyz", http.NoBody)
		if err != nil {
			return false
		}
		answer, err := client.Do(request)
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}
