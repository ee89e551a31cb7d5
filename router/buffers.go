package router

import "sync"

// buffers holds the space that requests are copied through. A pool is shared state that
// nobody can see.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

const bufferSize = 32 << 10

// takeBuffer returns an empty slice with space for 32 KiB.
func takeBuffer() []byte { return buffers.Get().(*[bufferSize]byte)[:0] }

// putBuffer takes the space back, unless the slice has outgrown it.
func putBuffer(b []byte) {
	if cap(b) == bufferSize {
		buffers.Put((*[bufferSize]byte)(b[:bufferSize]))
	}
}
