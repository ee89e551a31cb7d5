package supervisor

import (
	"fmt"
	"os"
	"syscall"
)

// own gives a file to the user that the process runs as.
func own(f *os.File, s Spec) {
	if s.UID != Same {
		_ = f.Chown(s.UID, -1) // it works without for most programs
	}
}

// limiter is a shell script that limits itself and becomes the program: a limit can only
// be set by the process itself where root lacks CAP_SYS_RESOURCE, as in most containers.
// Shells call the number of processes -u or -p.
const limiter = `
[ "$1" = 0 ] || ulimit -n "$1" || exit 126
[ "$2" = 0 ] || ulimit -u "$2" 2>/dev/null || ulimit -p "$2" || exit 126
shift 2
exec "$@"`

// limited returns the program and its arguments, behind a limiter where there are limits.
func limited(path string, s Spec) (string, []string) {
	if s.NoFile == 0 && s.NProc == 0 {
		return path, s.Argv
	}
	argv := []string{"sh", "-c", limiter, "sh", fmt.Sprint(s.NoFile), fmt.Sprint(s.NProc), path}
	return "/bin/sh", append(argv, s.Argv[1:]...)
}

// credential is whom the process runs as, nil for the same as the supervisor.
func credential(s Spec) *syscall.Credential {
	if s.UID == Same && s.GID == Same {
		return nil
	}
	c := &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid()), NoSetGroups: os.Geteuid() != 0}
	if s.UID != Same {
		c.Uid = uint32(s.UID)
	}
	if s.GID != Same {
		c.Gid = uint32(s.GID)
	}
	for _, g := range s.Groups {
		c.Groups = append(c.Groups, uint32(g))
	}
	return c
}
