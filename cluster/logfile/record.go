package logfile

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"time"

	"gondor/app"
)

// MaxText is how long the text of a line may be, in bytes.
const MaxText = 16 << 10

const (
	headerSize = 8
	fixedSize  = 18
	maxReplica = 255
	maxRecord  = headerSize + fixedSize + maxReplica + MaxText
)

// closing is the stream of the record that says that its log was closed.
const closing app.Stream = "closed"

// streams are numbered in records by their place here.
var streams = [...]app.Stream{app.Stdout, app.Stderr, app.Gondor, closing, app.Router}

var (
	// errTorn says that a record is not whole or not as it was written.
	errTorn    = errors.New("the record is torn")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// encode appends the line's record to buf.
func encode(buf []byte, line app.LogLine) []byte {
	replica, text := cut(line.Replica, maxReplica), cut(line.Text, MaxText)
	start := len(buf)
	buf = append(buf, make([]byte, headerSize)...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(line.Cursor))
	buf = binary.BigEndian.AppendUint64(buf, uint64(line.Time.UnixNano()))
	buf = append(buf, number(line.Stream), byte(len(replica)))
	buf = append(append(buf, replica...), text...)
	body := buf[start+headerSize:]
	binary.BigEndian.PutUint32(buf[start:], uint32(len(body)))
	binary.BigEndian.PutUint32(buf[start+4:], crc32.Checksum(body, castagnoli))
	return buf
}

// record is the body of a record that is whole. It is a part of what was read.
type record []byte

// decode reads the first record of data and how long it is; errTorn when there is none.
func decode(data []byte) (record, int, error) {
	if len(data) < headerSize {
		return nil, 0, errTorn
	}
	length := binary.BigEndian.Uint32(data)
	if length < fixedSize || length > maxRecord-headerSize || int(length) > len(data)-headerSize {
		return nil, 0, errTorn
	}
	body := data[headerSize : headerSize+length]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(data[4:]) {
		return nil, 0, errTorn
	}
	if int(body[16]) >= len(streams) || int(body[17]) > len(body)-fixedSize {
		return nil, 0, errTorn
	}
	return body, headerSize + int(length), nil
}

func (r record) cursor() app.Cursor { return app.Cursor(binary.BigEndian.Uint64(r)) }
func (r record) nanoseconds() int64 { return int64(binary.BigEndian.Uint64(r[8:])) }
func (r record) stream() app.Stream { return streams[r[16]] }
func (r record) replica() []byte    { return r[fixedSize : fixedSize+int(r[17])] }
func (r record) text() []byte       { return r[fixedSize+int(r[17]):] }

// line is a copy of what the record says.
func (r record) line() app.LogLine {
	return app.LogLine{
		Cursor: r.cursor(), Time: time.Unix(0, r.nanoseconds()), Stream: r.stream(),
		Replica: string(r.replica()), Text: string(r.text()),
	}
}

// number is the place of a stream, that of app.Stdout for one that is not known.
func number(s app.Stream) byte { return byte(max(0, slices.Index(streams[:], s))) }

func cut(text string, most int) string { return text[:min(len(text), most)] }
