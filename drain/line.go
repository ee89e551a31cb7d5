package drain

import (
	"fmt"
	"time"

	"gondor/app"
)

// line is a line of a log with all that a far end is told of it.
type line struct {
	id       string // the same whenever it is sent, and of no other line
	time     time.Time
	stream   app.Stream
	site     string // GROUP/NAME
	instance string // its label
	host     string // the domain of the instance
	kind     string // of the log, as app.InstanceLog has it
	service  string // empty for logs of no service
	replica  string // empty for what nobody's process wrote
	release  int    // 0: not known
	text     string
}

func (s *source) lineOf(l app.LogLine) line {
	work := s.pump.work
	return line{
		id: fmt.Sprintf("%s:%d", s.log.Name, l.Cursor), time: l.Time.UTC(), stream: l.Stream,
		site: work.Site, instance: work.Label, host: work.Host,
		kind: s.log.Kind, service: s.log.Service, replica: app.ShortReplica(l.Replica), release: s.log.ReleaseOf(l),
		text: l.Text,
	}
}
