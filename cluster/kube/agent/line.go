package agent

import (
	"bytes"
	"fmt"
	"time"
)

// entry is a line of a file that a container runtime writes: "TIME STREAM TAGS TEXT", the
// logging format of the Container Runtime Interface.
type entry struct {
	time    time.Time
	partial bool   // the next entry goes on with the same line
	text    []byte // without the end of the line
}

// parseEntry reads an entry, with or without the end of its line.
func parseEntry(b []byte) (entry, error) {
	b = bytes.TrimSuffix(b, []byte("\n"))
	stamp, rest, _ := bytes.Cut(b, []byte(" "))
	stream, rest, _ := bytes.Cut(rest, []byte(" "))
	tags, text, _ := bytes.Cut(rest, []byte(" ")) // an empty line may end with its tag
	first, _, _ := bytes.Cut(tags, []byte(":"))
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	switch {
	case err != nil:
		return entry{}, fmt.Errorf("%.40q is not a line of a container's output: %w", b, err)
	case string(stream) != "stdout" && string(stream) != "stderr":
		return entry{}, fmt.Errorf("%.40q is not a line of a container's output: no stream is called %q", b, stream)
	case string(first) != "F" && string(first) != "P":
		return entry{}, fmt.Errorf("%.40q is not a line of a container's output: no tag is called %q", b, first)
	}
	return entry{time: at, partial: string(first) == "P", text: text}, nil
}
