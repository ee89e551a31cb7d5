package supervisor

import "golang.org/x/sys/unix"

// isProgram reports whether a process was started after the file at the path was
// last changed: the system does not tell which file it runs.
func isProgram(pid int, path string) bool {
	process, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return false
	}
	var file unix.Stat_t
	if err := unix.Stat(path, &file); err != nil {
		return false
	}
	began := process.Proc.P_starttime
	return file.Ctim.Sec < began.Sec
}
