package tree

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Place is one thing in a tree, to be used until the function that was given it returns.
// It is reached from its directory, which is open: in one step, however deep it lies, and
// never by way of a link.
type Place struct {
	Path string // in the tree; "." is the tree itself
	Info Info

	dir  int // the descriptor of its directory
	name string
}

// Info is what lstat(2) tells.
type Info struct {
	Mode     fs.FileMode // ModeIrregular for all but files, directories and links
	Size     int64       // of the contents, in bytes
	OnDisk   int64       // the bytes that it takes on disk
	Names    uint64      // how many it has in the file system; more than one when it is shared
	ID       FileID
	UID      int // of its owner
	Modified time.Time
}

// FileID tells a file from all others of the machine.
type FileID struct{ device, inode uint64 }

func look(dir int, name, path string) (Place, error) {
	var s unix.Stat_t
	if err := again(func() error { return unix.Fstatat(dir, name, &s, unix.AT_SYMLINK_NOFOLLOW) }); err != nil {
		return Place{}, fmt.Errorf("look at %s: %w", path, err)
	}
	return Place{Path: path, Info: infoOf(&s), dir: dir, name: name}, nil
}

func infoOf(s *unix.Stat_t) Info {
	return Info{
		Mode: modeOf(uint32(s.Mode)), Size: s.Size, Modified: time.Unix(s.Mtim.Unix()),
		OnDisk: s.Blocks * 512, // what st_blocks counts in, stat(2)
		Names:  uint64(s.Nlink), ID: FileID{uint64(s.Dev), s.Ino}, UID: int(s.Uid),
	}
}

func modeOf(mode uint32) fs.FileMode {
	permissions := fs.FileMode(mode) & fs.ModePerm
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return permissions
	case unix.S_IFDIR:
		return permissions | fs.ModeDir
	case unix.S_IFLNK:
		return permissions | fs.ModeSymlink
	default:
		return permissions | fs.ModeIrregular
	}
}

// Chown gives it to a user and a group, a link itself and not what it points to.
func (p Place) Chown(uid, gid int) error {
	if err := unix.Fchownat(p.dir, p.name, uid, gid, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("change the owner of %s: %w", p.Path, err)
	}
	return nil
}

// Open calls fn with a file or a directory, open for reading. What else has taken its
// place since it was looked at is not opened: that is an error.
func (p Place) Open(fn func(*File) error) error {
	fd, err := openAt(p.dir, p.name, unix.O_NONBLOCK) // a pipe would wait for its other end
	if err != nil {
		return fmt.Errorf("open %s: %w", p.Path, err)
	}
	defer func() { _ = unix.Close(fd) }() // it was only read
	return fn(&File{fd: fd})
}

// File is an open file or directory of a tree. It is not safe for concurrent use. It is
// less than an os.File, and a third of its price where there are ten thousand.
type File struct{ fd int }

// Read implements io.Reader.
func (f *File) Read(p []byte) (n int, err error) {
	err = again(func() error { n, err = unix.Read(f.fd, p); return err })
	if err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Chown gives it to a user and a group.
func (f *File) Chown(uid, gid int) error { return unix.Fchown(f.fd, uid, gid) }

// Chmod changes its permissions.
func (f *File) Chmod(mode fs.FileMode) error { return unix.Fchmod(f.fd, uint32(mode.Perm())) }

func openDirectory(dir int, name string) (*os.File, error) {
	fd, err := openAt(dir, name, unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func openAt(dir int, name string, flags int) (fd int, err error) {
	err = again(func() error {
		fd, err = unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|flags, 0)
		return err
	})
	return fd, err
}

// again calls fn until no signal has interrupted it.
func again(fn func() error) error {
	for {
		if err := fn(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
