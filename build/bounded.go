package build

import (
	"bytes"
	"context"
	"errors"
	"io"

	"gondor/app"
)

// boundedReader reads at most left bytes and then fails with fault, unless the data
// ends there. It stops when ctx ends and remembers whether the end was read.
type boundedReader struct {
	ctx   context.Context
	from  io.Reader
	left  int64
	fault error
	ended bool
}

// Read implements io.Reader. It never returns data together with io.EOF, so that ended
// says for sure whether somebody read beyond the data.
func (b *boundedReader) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, b.fault
	}
	if n > 0 && errors.Is(err, io.EOF) {
		return n, nil
	}
	b.ended = b.ended || errors.Is(err, io.EOF)
	return n, err
}

// expectEnd is called after a tar's end was reached. It refuses a tar without its
// closing blocks of zeros (POSIX.1-2017, pax, "ustar Interchange Format"), because that
// one was cut between two entries, and anything but zeros behind them.
func (b *boundedReader) expectEnd() error {
	if b.ended {
		return errTruncated()
	}
	buffer := make([]byte, 32<<10)
	for {
		n, err := b.Read(buffer)
		if len(bytes.Trim(buffer[:n], "\x00")) > 0 {
			return app.Invalid("", "The upload goes on behind the end of its tar; send one tar")
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return uploadFault(err)
		}
	}
}
