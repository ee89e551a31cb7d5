package app

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// ID identifies one T. It is typed so that a site's ID can't be handed in where an
// instance's belongs. IDs made by NewID sort by the time they were made.
type ID[T any] string

// idAlphabet keeps the order of the bytes it encodes, as RFC 4648 section 7 (base32hex)
// does, and is lower case so that an ID can stand in a path or a DNS label.
const idAlphabet = "0123456789abcdefghijklmnopqrstuv"

// NewID returns a new ID of 16 characters out of 0-9 and a-v: 48 bits of time in
// milliseconds, then 32 random bits. It is safe for concurrent use.
func NewID[T any](now time.Time) ID[T] {
	var b [10]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(b[6:]) // never fails: crypto/rand ends the program instead
	return ID[T](base32.NewEncoding(idAlphabet).WithPadding(base32.NoPadding).EncodeToString(b[:]))
}
