package logfile

import (
	"errors"
	"fmt"
	"io"
	"os"

	"gondor/app"
)

// scan goes through one segment and picks the lines that are wanted.
type scan struct {
	file   *os.File // nil when it could not be found any more
	offset int64
	after  app.Cursor // of the last line passed
	wanted filter
	buf    []byte
}

// lines reads the next piece of the segment, of which so many bytes may be read.
func (s *scan) lines(size int64) ([]app.LogLine, error) {
	if s.file == nil {
		return nil, nil
	}
	if s.buf == nil {
		s.buf = make([]byte, 2*maxRecord)
	}
	n, err := s.file.ReadAt(s.buf[:min(int64(len(s.buf)), size-s.offset)], s.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	data := s.buf[:n]
	lines, used := s.decode(data)
	switch {
	case used > 0:
	case n == 0:
		used = int(size - s.offset) // it was emptied to make room
	default:
		used = torn(data, s.offset+int64(n) == size)
	}
	s.offset += int64(used)
	return lines, nil
}

func (s *scan) decode(data []byte) ([]app.LogLine, int) {
	var lines []app.LogLine
	used := 0
	for {
		one, n, err := decode(data[used:])
		if err != nil {
			return lines, used
		}
		used += n
		if one.cursor() <= s.after || one.stream() == closing {
			continue
		}
		s.after = one.cursor()
		if s.wanted.wants(one) {
			lines = append(lines, one.line())
		}
	}
}

// torn is how many bytes to pass over at a record that is torn: up to the next that is whole.
// When more follows than data, the last record of it may only be cut.
func torn(data []byte, last bool) int {
	for at := 1; at < len(data); at++ {
		if _, _, err := decode(data[at:]); err == nil {
			return at
		}
	}
	if last {
		return len(data)
	}
	return max(1, len(data)-maxRecord)
}
