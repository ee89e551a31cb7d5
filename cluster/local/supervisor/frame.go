package supervisor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// A connection carries one request and what follows of it, as frames: a byte for the
// kind, four for the length (big-endian), then the contents.
type kind byte

// The kinds of frames.
const (
	kindMessage kind = 'm' // a request or a reply in JSON
	kindStdin   kind = 'i' // bytes for the process
	kindEnd     kind = 'c' // there is no more standard input
	kindStdout  kind = 'o' // bytes from the process
	kindStderr  kind = 'e'
	kindLines   kind = 'l' // lines for a log, as logfile.EncodeLines makes them
	kindCredit  kind = 'a' // four bytes: so many of its standard input have been taken
)

const (
	frameHeader = 5
	// maxFrame leaves room for an environment of the size that Linux takes.
	maxFrame = 8 << 20
	// maxData is the longest frame of bytes.
	maxData = 64 << 10
	// window is how many bytes of standard input may be under way: the supervisor always
	// has room for them, so that it goes on reading and notices when its client dies.
	window = 256 << 10
)

var errFrame = errors.New("not a frame of the supervisor's protocol")

// limit is the longest frame of a kind, or -1 for no kind.
func (k kind) limit() int {
	switch k {
	case kindMessage, kindLines:
		return maxFrame
	case kindStdin, kindStdout, kindStderr:
		return maxData
	case kindEnd:
		return 0
	case kindCredit:
		return 4
	default:
		return -1
	}
}

// writeFrame writes one frame with one system call where the connection allows it.
func writeFrame(w io.Writer, k kind, data []byte) error {
	if len(data) > k.limit() {
		return fmt.Errorf("%w: %d bytes are too long", errFrame, len(data))
	}
	header := [frameHeader]byte{byte(k)}
	binary.BigEndian.PutUint32(header[1:], uint32(len(data)))
	buffers := net.Buffers{header[:], data}
	_, err := buffers.WriteTo(w)
	return err
}

// readFrame reads one frame into buf where it fits. io.EOF only between two frames.
func readFrame(r io.Reader, buf []byte) (kind, []byte, error) {
	var header [frameHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	k, length := kind(header[0]), int64(binary.BigEndian.Uint32(header[1:]))
	if length > int64(k.limit()) {
		return 0, nil, errFrame
	}
	data, err := readData(r, buf, int(length))
	return k, data, err
}

// readData reads length bytes; memory grows with what arrives, not with what was announced.
func readData(r io.Reader, buf []byte, length int) ([]byte, error) {
	if length <= cap(buf) {
		data := buf[:length]
		_, err := io.ReadFull(r, data)
		return data, unexpected(err)
	}
	var data []byte
	for len(data) < length {
		step := min(length-len(data), max(len(data), maxData))
		data = append(data, make([]byte, step)...)
		if _, err := io.ReadFull(r, data[len(data)-step:]); err != nil {
			return nil, unexpected(err)
		}
	}
	return data, nil
}

// unexpected turns the end of the stream inside a frame into an error.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
