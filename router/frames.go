package router

import "encoding/binary"

// closeFrame is the opcode of a close frame.
const closeFrame = 0x8

// frames follows a stream of WebSocket frames (RFC 6455 section 5.2) just enough to know
// where one ends.
type frames struct {
	head [14]byte
	have int    // bytes of the present head
	left uint64 // bytes of the present payload

	closed bool // a close frame has begun, behind which nothing follows
}

// between reports whether the stream stands between two frames.
func (f *frames) between() bool { return f.have == 0 && f.left == 0 }

// pass notes the bytes as sent.
func (f *frames) pass(p []byte) {
	for len(p) > 0 {
		if f.left > 0 {
			n := min(f.left, uint64(len(p)))
			f.left -= n
			p = p[n:]
			continue
		}
		f.head[f.have] = p[0]
		f.have++
		p = p[1:]
		if f.have >= 2 && f.have == f.headSize() {
			f.left = f.payload()
			f.have = 0
			f.closed = f.closed || f.head[0]&0x0f == closeFrame
		}
	}
}

func (f *frames) headSize() int {
	size := 2
	switch f.head[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if f.head[1]&0x80 != 0 {
		size += 4
	}
	return size
}

func (f *frames) payload() uint64 {
	switch n := f.head[1] & 0x7f; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(f.head[2:]))
	case 127:
		return binary.BigEndian.Uint64(f.head[2:])
	default:
		return uint64(n)
	}
}
