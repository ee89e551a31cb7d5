package app

import (
	"context"
	"iter"
	"path"
	"regexp"
	"time"
)

// LogName names one log, as a path: the output of a build, of a release phase, of all
// replicas of a service. Those of an instance are below instance/ID, so that an engine can
// keep them within a budget together.
type LogName string

// BuildLog is the log of a build: what Gondor says of it and what its steps write.
func BuildLog(id ID[Build]) LogName { return LogName("build/" + string(id)) }

// ReleaseLog is the log of a release: its release process and what became of its services.
func ReleaseLog(r Release) LogName { return instanceLog(r.Instance, "release", string(r.ID)) }

// ServiceLog is the log of a service: all of its replicas in all of its releases.
func ServiceLog(s Service) LogName { return instanceLog(s.Instance, "service", string(s.ID)) }

// AccessLog is the log of what the router answered for an instance.
func AccessLog(id ID[Instance]) LogName { return instanceLog(id, "access") }

// instanceLog is one of the logs of an instance.
func instanceLog(id ID[Instance], parts ...string) LogName {
	return LogName(path.Join("instance", string(id), path.Join(parts...)))
}

// Stream says where a line came from.
type Stream string

// The streams.
const (
	Stdout Stream = "stdout"
	Stderr Stream = "stderr"
	Gondor Stream = "gondor" // Gondor itself, about the process
	Router Stream = "router" // the router, about a request
)

// LogLine is one line, without its newline.
type LogLine struct {
	Cursor  Cursor
	Time    time.Time
	Stream  Stream
	Replica string // the ID of the replica or process that wrote it, empty for Gondor and the router
	Text    string // valid UTF-8; at most 16 KB, longer lines are split
}

// longID is an ID in what engines call their replicas and processes.
var longID = regexp.MustCompile(`^[0-9a-v]{16}-|-[0-9a-v]{16}\b`)

// ShortReplica is a replica or a process as people are shown it, who know of which instance
// or release a log is: without their IDs.
func ShortReplica(id string) string { return longID.ReplaceAllString(id, "") }

// Cursor is a place in one log; cursors of a log grow. The zero Cursor is before the
// first line.
type Cursor uint64

// LogQuery says which lines of a log to read.
type LogQuery struct {
	Log    LogName
	After  Cursor    // only lines behind this place
	Since  time.Time // only lines of this moment and later; zero: any
	Until  time.Time // only lines before this moment; zero: any
	Grep   string    // only lines whose text matches this regular expression (RE2); empty: any
	Last   int       // of all these, only the last so many; 0 is all
	Follow bool      // then wait for more, until the log is closed or ctx ends
}

// Logs keeps what processes write. It is safe for concurrent use.
type Logs interface {
	// Append writes a line of the stream Gondor.
	Append(ctx context.Context, log LogName, text string) error
	// Write writes lines with their times and streams, in that order; their cursors are given.
	// All of them cost little more than one. A kill may leave the first of them.
	Write(ctx context.Context, log LogName, lines ...LogLine) error
	// Close says that nothing more is written to the log, so that who follows it ends.
	Close(ctx context.Context, log LogName) error
	// Lines yields the lines in order. A log that nobody has written to has none. An error of
	// CodeInvalid about "grep" says what is wrong with the expression.
	Lines(ctx context.Context, q LogQuery) iter.Seq2[LogLine, error]
	// Drop removes the log. No error when there is none.
	Drop(ctx context.Context, log LogName) error
}
