package logfile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gondor/app"
)

// segment is one file of a log.
type segment struct {
	first   app.Cursor // of its first line, and its name
	size    int64      // bytes that readers may read
	written time.Time  // the last of them
}

const suffix = ".log"

func (s segment) path(dir string) string {
	return filepath.Join(dir, fmt.Sprintf("%020d%s", uint64(s.first), suffix))
}

// listSegments finds the segments of a directory, oldest first; none when it is missing.
func listSegments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the segments: %w", err)
	}
	var all []segment
	for _, e := range entries {
		first, err := strconv.ParseUint(strings.TrimSuffix(e.Name(), suffix), 10, 64)
		if err != nil || !e.Type().IsRegular() {
			continue // a log below this one
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it left the log this moment
		}
		if err != nil {
			return nil, fmt.Errorf("list the segments: %w", err)
		}
		all = append(all, segment{first: app.Cursor(first), size: info.Size(), written: info.ModTime()})
	}
	slices.SortFunc(all, func(a, b segment) int { return cmp.Compare(a.first, b.first) })
	return all, nil
}

// ending is what a segment ends with.
type ending struct {
	next   app.Cursor // after its last line
	closed bool       // its last record closes the log
	torn   bool       // its last record is not whole
}

// examine reads a whole segment.
func examine(dir string, s segment) (ending, error) {
	data, err := os.ReadFile(s.path(dir))
	if err != nil {
		return ending{}, fmt.Errorf("examine a segment: %w", err)
	}
	end := ending{next: s.first}
	for len(data) > 0 {
		one, n, err := decode(data)
		if end.torn = err != nil; end.torn {
			end.next = max(end.next, s.first+1) // a segment without a line keeps its name for itself
			n = torn(data, true)
		} else {
			end.next, end.closed = max(end.next, one.cursor()+1), one.stream() == closing
		}
		data = data[n:]
	}
	end.closed = end.closed && !end.torn
	return end, nil
}
