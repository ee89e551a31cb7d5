package systemd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Host is the machine as it is found.
type Host struct {
	Wrong []string // sentences: what keeps a server from running here, and what would be right
	Notes []string // sentences: what it can do
}

// leastDisk is what a server wants free for the first builds and logs.
const leastDisk = 1 << 30

// Check looks at the machine. ours says that a Gondor which runs here already has the
// address that is to be listened on.
func Check(ctx context.Context, s Server, ours bool) Host {
	var h Host
	if runtime.GOOS != "linux" {
		h.wrong("This is %s; systemd is on Linux only. Start gondor serve by hand.", runtime.GOOS)
		return h
	}
	if os.Geteuid() != 0 {
		h.wrong("You are not root; say sudo gondor install --systemd …, so that every instance can have a user of its own.")
	}
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		h.wrong("systemd does not run this machine: there is no /run/systemd/system. Start gondor serve by what does, or give --root DIR for the image of a machine.")
	}
	if !ours {
		h.checkAddress(ctx, s.Listen)
	}
	h.checkDisk(s.Data)
	h.noteCgroups()
	h.notePrograms()
	return h
}

func (h *Host) wrong(format string, args ...any) {
	h.Wrong = append(h.Wrong, fmt.Sprintf(format, args...))
}

func (h *Host) note(format string, args ...any) {
	h.Notes = append(h.Notes, fmt.Sprintf(format, args...))
}

func (h *Host) checkAddress(ctx context.Context, address string) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		h.wrong("Something else listens on %s; stop it, or choose another address with --listen.", address)
	case errors.Is(err, fs.ErrPermission): // only root may, and that is told already
	case err != nil:
		h.wrong("It is not possible to listen on %s: %v; choose another address with --listen.", address, err)
	default:
		_ = l.Close() // it was only tried
	}
}

// checkDisk looks at the file system that is to hold the data directory.
func (h *Host) checkDisk(data string) {
	at := data
	for {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			h.wrong("%s is not a directory; choose another one with --data.", at)
			return
		}
		if err == nil || at == "/" {
			break
		}
		at = filepath.Dir(at)
	}
	var space unix.Statfs_t
	if err := unix.Statfs(at, &space); err != nil {
		h.wrong("It can't be found out how much room there is for %s: %v.", data, err)
		return
	}
	free := int64(space.Bavail) * int64(space.Bsize)
	if free < leastDisk {
		h.wrong("There are %d MB free for %s; make room for %d MB at least, or choose another directory with --data.", free>>20, data, leastDisk>>20)
		return
	}
	h.note("%d GB are free for %s.", free>>30, data)
}

func (h *Host) noteCgroups() {
	const mount = "/sys/fs/cgroup"
	if text, err := os.ReadFile(mount + "/cgroup.controllers"); err == nil {
		h.noteControllers(2, strings.Fields(string(text)))
		return
	}
	var have []string
	for _, controller := range controllers() {
		if unix.Access(filepath.Join(mount, controller), unix.W_OK) == nil {
			have = append(have, controller)
		}
	}
	h.noteControllers(1, have)
}

// controllers are those that the sizes of services need.
func controllers() []string { return []string{"cpu", "memory", "pids"} }

func (h *Host) noteControllers(version int, have []string) {
	var missing []string
	for _, controller := range controllers() {
		if !strings.Contains(" "+strings.Join(have, " ")+" ", " "+controller+" ") {
			missing = append(missing, controller)
		}
	}
	if len(missing) > 0 {
		h.note("Control groups (version %d) lack %s here, so the sizes of services are no limits.", version, strings.Join(missing, ", "))
		return
	}
	h.note("Control groups (version %d) make the sizes of services limits.", version)
}

// notePrograms tells what sites can be built here.
func (h *Host) notePrograms() {
	for _, one := range []struct{ program, there, missing string }{
		{"git", "git is there, for gondor deploy on this machine.", "There is no git: gondor deploy works from other machines only."},
		{"python3", "Python sites can be built.", "There is no Python: sites in it can't be built."},
		{"node", "Node.js sites can be built.", "There is no Node.js: sites in it can't be built."},
		{"go", "Go sites can be built.", "There is no Go: sites in it can't be built."},
	} {
		if _, err := exec.LookPath(one.program); err != nil {
			h.note("%s", one.missing)
			continue
		}
		h.note("%s", one.there)
	}
}
