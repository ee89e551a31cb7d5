package logfile

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
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
func streams() []app.Stream { return []app.Stream{app.Stdout, app.Stderr, app.Gondor, closing} }

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

// decode reads the first record of data and how long it is; errTorn when there is none.
func decode(data []byte) (app.LogLine, int, error) {
	if len(data) < headerSize {
		return app.LogLine{}, 0, errTorn
	}
	length := binary.BigEndian.Uint32(data)
	if length < fixedSize || length > maxRecord-headerSize || int(length) > len(data)-headerSize {
		return app.LogLine{}, 0, errTorn
	}
	body := data[headerSize : headerSize+length]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(data[4:]) {
		return app.LogLine{}, 0, errTorn
	}
	line, err := decodeBody(body)
	return line, headerSize + int(length), err
}

func decodeBody(body []byte) (app.LogLine, error) {
	stream, replica, rest := int(body[16]), int(body[17]), body[fixedSize:]
	if stream >= len(streams()) || replica > len(rest) {
		return app.LogLine{}, errTorn
	}
	return app.LogLine{
		Cursor:  app.Cursor(binary.BigEndian.Uint64(body)),
		Time:    time.Unix(0, int64(binary.BigEndian.Uint64(body[8:]))),
		Stream:  streams()[stream],
		Replica: string(rest[:replica]),
		Text:    string(rest[replica:]),
	}, nil
}

func number(s app.Stream) byte {
	switch s {
	case app.Stderr:
		return 1
	case app.Gondor:
		return 2
	case closing:
		return 3
	default:
		return 0
	}
}

func cut(text string, most int) string { return text[:min(len(text), most)] }
