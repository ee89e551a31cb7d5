package router

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// body reads the body of an answer. A Read returns what has come and never waits for
// more than one byte.
type body struct {
	in      *bufio.Reader
	coding  coding
	left    int64 // of the body, or of the present chunk
	inChunk bool  // a chunk has begun; its end is not read yet
	done    bool  // io.EOF has been returned
	trailer []field
}

// coding is how a body is delimited.
type coding int

const (
	byLength coding = iota
	byChunks
	byClose
)

var errChunk = errors.New("the backend's chunked body is malformed")

// start makes ready to read the body that follows the head, in answer to the method.
func (b *body) start(in *bufio.Reader, h *head, method string) {
	*b = body{in: in, trailer: b.trailer[:0]}
	switch {
	case method == "HEAD" || h.status == 204 || h.status == 304:
	case h.chunked:
		b.coding = byChunks
	case h.length >= 0:
		b.left = h.length
	default:
		b.coding = byClose
	}
}

// Read implements io.Reader. A body that ends before its time is io.ErrUnexpectedEOF.
func (b *body) Read(p []byte) (int, error) {
	if b.done {
		return 0, io.EOF
	}
	n, err := b.readCoded(p)
	switch {
	case err == io.EOF && b.coding == byClose:
		b.done = true
	case err == io.EOF && !b.done:
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (b *body) readCoded(p []byte) (int, error) {
	switch b.coding {
	case byLength:
		return b.readLeft(p)
	case byChunks:
		return b.readChunks(p)
	default:
		return b.in.Read(p)
	}
}

func (b *body) readLeft(p []byte) (int, error) {
	if b.left == 0 {
		b.done = true
		return 0, io.EOF
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// readChunks reads from the present chunk (RFC 9112 section 7.1).
func (b *body) readChunks(p []byte) (int, error) {
	if b.left == 0 {
		if err := b.nextChunk(); err != nil {
			return 0, err
		}
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// nextChunk reads the end of the chunk before and the size of the next. After the last
// it reads the trailer section and returns io.EOF.
func (b *body) nextChunk() error {
	if b.inChunk {
		if line, err := b.line(); err != nil || len(line) != 0 {
			return errors.Join(errChunk, err)
		}
	}
	line, err := b.line()
	if err != nil {
		return err
	}
	b.left, err = chunkSize(line)
	b.inChunk = true
	if err != nil || b.left > 0 {
		return err
	}
	return b.readTrailer()
}

func (b *body) readTrailer() error {
	text, err := readSection(b.in, nil, false)
	if err != nil {
		return fmt.Errorf("read the trailer section: %w", unexpected(err))
	}
	b.trailer, err = parseFields(b.trailer, string(text))
	if err != nil {
		return err
	}
	b.done = true
	return io.EOF
}

// line reads one line without its end. It must fit into the reader's buffer.
func (b *body) line() ([]byte, error) {
	line, err := b.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return nil, errChunk
	}
	if err != nil {
		return nil, unexpected(err)
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// chunkSize reads the hexadecimal size at the start of the line; extensions after a
// semicolon are passed over.
func chunkSize(line []byte) (int64, error) {
	var size int64
	for i, c := range line {
		digit := hexDigit(c)
		switch {
		case digit >= 0 && i < 15:
			size = size<<4 | int64(digit)
		case i > 0 && (c == ';' || c == ' ' || c == '\t'):
			return size, nil
		default:
			return 0, errChunk
		}
	}
	if len(line) == 0 {
		return 0, errChunk
	}
	return size, nil
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}
