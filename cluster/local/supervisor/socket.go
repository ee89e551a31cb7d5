package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// maxSocketPath is what fits into sun_path everywhere: 104 bytes on macOS, NUL included.
const maxSocketPath = 103

// socketPath returns where the supervisor of dir answers.
func socketPath(dir string) (string, error) {
	path := filepath.Join(dir, "supervisor.sock")
	if len(path) <= maxSocketPath {
		return path, nil
	}
	short, err := os.ReadFile(filepath.Join(dir, "supervisor.socket"))
	if err != nil {
		return "", fmt.Errorf("find the socket: %w", err)
	}
	return strings.TrimSpace(string(short)), nil
}

func dialSocket(ctx context.Context, dir string) (*net.UnixConn, error) {
	path, err := socketPath(dir)
	if err != nil {
		return nil, err
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	return c.(*net.UnixConn), nil
}

// listenSocket opens the socket of dir, in place of one that a dead supervisor left. The
// caller holds the lock. The directory that holds the socket is the user's alone.
func listenSocket(dir string) (_ *os.File, err error) {
	path, err := socketPath(dir)
	if errors.Is(err, fs.ErrNotExist) {
		path, err = chooseSocketPath(dir)
	}
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the socket's directory: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the old socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open the socket: %w", err)
	}
	l.SetUnlinkOnClose(false)
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, fmt.Errorf("protect the socket: %w", err)
	}
	return l.File()
}

// unixListener accepts from a socket, which stays open when the listener is closed.
func unixListener(socket *os.File) (*net.UnixListener, error) {
	l, err := net.FileListener(socket)
	if err != nil {
		return nil, fmt.Errorf("answer on the socket: %w", err)
	}
	return l.(*net.UnixListener), nil
}

// chooseSocketPath picks a path that is short enough and writes it down in dir.
func chooseSocketPath(dir string) (string, error) {
	short, err := os.MkdirTemp("/tmp", "gondor-")
	if err != nil {
		return "", fmt.Errorf("the path %s is too long for a socket, and there is no other place: %w", dir, err)
	}
	path := filepath.Join(short, "supervisor.sock")
	return path, writeFile(filepath.Join(dir, "supervisor.socket"), []byte(path+"\n"))
}

// forgetSocket removes a socket that is closed, and the place that was chosen for it.
func forgetSocket(dir string) {
	path, err := socketPath(dir)
	if err != nil {
		return
	}
	_ = os.Remove(path)
	if filepath.Dir(path) != dir {
		_ = os.Remove(filepath.Dir(path))
		_ = os.Remove(filepath.Join(dir, "supervisor.socket"))
	}
}

// writeFile writes a file whole or not at all, readable by its owner alone.
func writeFile(path string, data []byte) error {
	beside := path + ".new"
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(beside, path)
}
