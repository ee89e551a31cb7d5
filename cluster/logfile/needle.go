package logfile

import (
	"bytes"
	"math"
	"math/bits"
)

// class is a set of bytes.
type class [4]uint64

func (c *class) add(b byte)      { c[b>>6] |= 1 << (b & 63) }
func (c *class) has(b byte) bool { return c[b>>6]&(1<<(b&63)) != 0 }

func (c *class) size() int {
	return bits.OnesCount64(c[0]) + bits.OnesCount64(c[1]) + bits.OnesCount64(c[2]) + bits.OnesCount64(c[3])
}

// only is the byte of a class that has one.
func (c *class) only() (byte, bool) {
	if c.size() != 1 {
		return 0, false
	}
	for i, word := range c {
		if word != 0 {
			return byte(i*64 + bits.TrailingZeros64(word)), true
		}
	}
	return 0, false
}

// needle is a row of classes. It is in a text that has bytes of these classes in a row. It is
// safe for concurrent use.
type needle struct {
	row    []class
	bytes  []byte    // when each class has one byte
	rarest int       // the place of the smallest class
	pivot  [256]bool // that class
	rare   byte      // its byte
	single bool      // it has only that
}

func newNeedle(row []class) needle {
	n := needle{row: row}
	for i := range row {
		if b, single := row[i].only(); single {
			n.bytes = append(n.bytes, b)
		}
		if row[i].size() < row[n.rarest].size() {
			n.rarest = i
		}
	}
	if len(n.bytes) < len(row) {
		n.bytes = nil
	}
	n.rare, n.single = row[n.rarest].only()
	for b := range n.pivot {
		n.pivot[b] = row[n.rarest].has(byte(b))
	}
	return n
}

func (n *needle) in(text []byte) bool {
	if n.bytes != nil {
		return bytes.Contains(text, n.bytes)
	}
	last := len(text) - len(n.row)
	for at := 0; at <= last; at++ {
		if n.single {
			skip := bytes.IndexByte(text[at+n.rarest:last+n.rarest+1], n.rare)
			if skip < 0 {
				return false
			}
			at += skip
		} else if !n.pivot[text[at+n.rarest]] {
			continue
		}
		if n.begins(text[at:]) {
			return true
		}
	}
	return false
}

func (n *needle) begins(text []byte) bool {
	for i := range n.row {
		if !n.row[i].has(text[i]) {
			return false
		}
	}
	return true
}

// tells is how many bits one needs to know to find a needle by chance.
func tells(row []class) float64 {
	var sum float64
	for i := range row {
		sum += 8 - math.Log2(float64(row[i].size()))
	}
	return sum
}
