package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// fork starts the program in a session and process group of its own, as its user and in
// its cgroups from its first instruction on.
func fork(path string, argv []string, s Spec, files []uintptr) (int, error) {
	attr, one, err := attributes(s, files)
	if err != nil {
		return 0, err
	}
	if attr.Sys.UseCgroupFD {
		defer func() { _ = unix.Close(attr.Sys.CgroupFD) }()
	}
	start := func() (int, error) { return syscall.ForkExec(path, argv, attr) }
	if s.Nice != 0 || s.SpareCPU || len(one) > 0 {
		start = inheriting(func() error { return become(s, one) }, start)
	}
	return start()
}

// attributes returns how to fork, and the cgroups of version 1 that are left to do.
func attributes(s Spec, files []uintptr) (*syscall.ProcAttr, []string, error) {
	sys := &syscall.SysProcAttr{Setsid: true, Setctty: s.TTY, Ctty: 1, Credential: credential(s)}
	var one []string
	for _, dir := range s.Cgroups {
		version, err := cgroupVersion(dir)
		switch {
		case err != nil:
			return nil, nil, err
		case version == 1:
			one = append(one, dir)
		case sys.UseCgroupFD:
			return nil, nil, fmt.Errorf("a process can be in one cgroup of version 2, not also in %s", dir)
		default:
			if sys.CgroupFD, err = unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
				return nil, nil, fmt.Errorf("open the cgroup %s: %w", dir, err)
			}
			sys.UseCgroupFD = true
		}
	}
	return &syscall.ProcAttr{Dir: s.Dir, Env: s.Env, Files: files, Sys: sys}, one, nil
}

// inheriting forks from a thread that has become what the child is to be: a child is born
// with the cgroups, the priority and the CPUs of the thread that forked it. The thread ends
// with it.
func inheriting(become func() error, fork func() (int, error)) func() (int, error) {
	return func() (pid int, err error) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread() // never unlocked, so that nothing else runs on it
			if unix.Gettid() == unix.Getpid() {
				// The first thread can't end; another goroutine gets another one.
				pid, err = inheriting(become, fork)()
				runtime.UnlockOSThread()
				return
			}
			if err = become(); err == nil {
				pid, err = fork()
			}
		}()
		<-done
		return pid, err
	}
}

// become changes this thread alone.
func become(s Spec, cgroups []string) error {
	tid := []byte(strconv.Itoa(unix.Gettid()))
	for _, dir := range cgroups {
		if err := os.WriteFile(filepath.Join(dir, "tasks"), tid, 0); err != nil {
			return fmt.Errorf("enter the cgroup: %w", err)
		}
	}
	if s.SpareCPU {
		if err := spareCPU(); err != nil {
			return fmt.Errorf("leave a CPU to others: %w", err)
		}
	}
	if s.Nice == 0 {
		return nil
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, s.Nice); err != nil {
		return fmt.Errorf("lower the priority: %w", err)
	}
	return nil
}

// spareCPU keeps the present thread off the first of its CPUs, unless that is its only one.
func spareCPU() error {
	var cpus unix.CPUSet
	if err := unix.SchedGetaffinity(0, &cpus); err != nil || cpus.Count() < 2 {
		return err
	}
	first := 0
	for !cpus.IsSet(first) {
		first++
	}
	cpus.Clear(first)
	return unix.SchedSetaffinity(0, &cpus)
}
