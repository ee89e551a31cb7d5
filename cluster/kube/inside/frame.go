package inside

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"gondor/app"
)

// Who attaches and process 1 speak in frames: a byte for the kind, four for the length
// (big-endian), then the contents. They pass through "inside join", which is exec'd into
// the container, as they are.
type kind byte

// The kind of frames of both.
const kindCredit kind = 't' // four bytes: so many of what the other sent have been passed on

// The kinds of frames of who attaches.
const (
	kindAttach kind = 'a' // the first: the size of the terminal, as kindResize has it
	kindStdin  kind = 'i' // bytes for the program
	kindEnd    kind = 'c' // there is no more standard input
	kindResize kind = 'w' // the terminal's new size: width and height, two bytes each
	kindAlive  kind = 'p' // sent again and again, so that silence means who attached has gone
	kindDone   kind = 'd' // everything has arrived; process 1 may end
)

// The kinds of frames of process 1.
const (
	kindAttached kind = 'k' // to kindAttach: what the program writes from now on follows
	kindRefused  kind = 'r' // to kindAttach: somebody is attached; a sentence for people
	kindStdout   kind = 'o' // bytes from the program
	kindStderr   kind = 'e'
	kindExit     kind = 'x' // the last: the program's Termination
)

const (
	frameHeader = 5
	// maxFrame is the longest contents of a frame.
	maxFrame = 32 << 10
	// window is how many bytes may be under way in each direction: both ends always have
	// room for them, so that they go on reading and notice when the other leaves.
	window = 256 << 10
	// someCredit is how much is passed on before the far end is given room for it: small
	// frames cost those who carry them as much as large ones. The far end has three quarters
	// of the window without it.
	someCredit = window / 4
)

// errFrame says that the far end is no process 1, or another Gondor's.
var errFrame = errors.New("not a frame of the protocol of attached processes")

// fits reports whether a frame of the kind may be so long.
func (k kind) fits(length int64) bool {
	switch k {
	case kindStdin, kindStdout, kindStderr, kindRefused, kindExit:
		return length <= maxFrame
	case kindAttach, kindResize, kindCredit:
		return length == 4
	case kindEnd, kindAlive, kindDone, kindAttached:
		return length == 0
	default:
		return false
	}
}

// appendFrame appends one frame to buf, so that it is written with one system call.
func appendFrame(buf []byte, k kind, data []byte) []byte {
	buf = binary.BigEndian.AppendUint32(append(buf, byte(k)), uint32(len(data)))
	return append(buf, data...)
}

// readFrame reads one frame into buf, which has maxFrame bytes. io.EOF only between two
// frames.
func readFrame(r io.Reader, buf []byte) (kind, []byte, error) {
	var header [frameHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	k, length := kind(header[0]), int64(binary.BigEndian.Uint32(header[1:]))
	if !k.fits(length) {
		return 0, nil, fmt.Errorf("%w: %d bytes of kind %q", errFrame, length, byte(k))
	}
	_, err := io.ReadFull(r, buf[:length])
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return k, buf[:length], err
}

// encodeWindow returns the contents of kindAttach and kindResize.
func encodeWindow(size app.Window) []byte {
	clamp := func(n int) uint16 { return uint16(min(max(n, 0), 1<<16-1)) }
	data := binary.BigEndian.AppendUint16(nil, clamp(size.Width))
	return binary.BigEndian.AppendUint16(data, clamp(size.Height))
}

// decodeWindow is the inverse of encodeWindow.
func decodeWindow(data []byte) app.Window {
	return app.Window{Width: int(binary.BigEndian.Uint16(data)), Height: int(binary.BigEndian.Uint16(data[2:]))}
}

// encodeCredit returns the contents of kindCredit.
func encodeCredit(bytes int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(bytes)) }

// decodeCredit is the inverse of encodeCredit.
func decodeCredit(data []byte) int { return int(binary.BigEndian.Uint32(data)) }
