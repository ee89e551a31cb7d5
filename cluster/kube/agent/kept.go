package agent

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// kept is a file of ours: a link to what a container wrote.
type kept struct {
	path  string
	begin time.Time // of its first line
	info  fs.FileInfo
}

// nameOf is the name of a file whose first line is of that time. Names are in the order of
// time. What the kubelet has packed stays packed.
func nameOf(begin time.Time, packed bool) string {
	name := begin.UTC().Format(nameFormat)
	if packed {
		name += packedSuffix
	}
	return name
}

const (
	nameFormat   = "20060102T150405.000000000Z"
	packedSuffix = ".gz"
	ownerFile    = "owner"
)

// alone reports whether the kubelet has removed the file, so that it takes room for us alone.
func (k kept) alone() bool {
	stat, ok := k.info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 1
}

// list returns what is kept of a pod, the oldest first.
func (a *Agent) list(directory string) ([]kept, error) {
	at := path.Join(keptDirectory, directory)
	entries, err := fs.ReadDir(a.root.FS(), at)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list what is kept of a pod: %w", err)
	}
	var all []kept
	for _, e := range entries {
		begin, err := time.Parse(nameFormat, strings.TrimSuffix(e.Name(), packedSuffix))
		info, failed := e.Info()
		if err != nil || failed != nil || !info.Mode().IsRegular() {
			continue // not ours, or removed this moment
		}
		all = append(all, kept{path: path.Join(at, e.Name()), begin: begin, info: info})
	}
	slices.SortFunc(all, func(a, b kept) int { return a.begin.Compare(b.begin) })
	return all, nil
}

// open opens a file of a container's output, ours or the kubelet's, to be read unpacked.
func open(root *os.Root, path string) (io.ReadCloser, error) {
	file, err := root.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("open what a container wrote: %w", err)
	}
	if !strings.HasSuffix(path, packedSuffix) {
		return file, nil
	}
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("unpack what a container wrote: %w", err), file.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{unpacked, file}, nil
}

// mostEntry is how many bytes of an entry are read at once.
const mostEntry = 64 << 10

// beginOf returns the time of the first line of a file; io.EOF while there is none.
func beginOf(root *os.Root, path string) (time.Time, error) {
	file, err := open(root, path)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = file.Close() }() // only read
	lines := bufio.NewReaderSize(file, mostEntry)
	for {
		first, err := lines.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return time.Time{}, err
		}
		if e, err := parseEntry(first); err == nil { // else it is passed over by who reads it, too
			return e.time, nil
		}
	}
}
