package supervisor

import (
	"errors"
	"syscall"
)

// fork starts the program in a session and process group of its own.
func fork(path string, argv []string, s Spec, files []uintptr) (int, error) {
	if len(s.Cgroups) > 0 {
		return 0, errors.New("this system has no cgroups")
	}
	sys := &syscall.SysProcAttr{Setsid: true, Setctty: s.TTY, Ctty: 1, Credential: credential(s)}
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{Dir: s.Dir, Env: s.Env, Files: files, Sys: sys})
	if err == nil && s.Nice != 0 {
		_ = syscall.Setpriority(syscall.PRIO_PGRP, pid, s.Nice) // it just ended
	}
	return pid, err
}

// oomKills is 0: there are no cgroups.
func oomKills([]string) int64 { return 0 }

// refusedForks is 0: there are no cgroups.
func refusedForks([]string) (forks, most int64) { return 0, 0 }

// killRest has nothing beyond the process group, which is killed everywhere.
func (p *process) killRest(int) {}
