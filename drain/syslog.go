package drain

import (
	"cmp"
	"strconv"
	"strings"

	"gondor/app"
)

// The numbers of RFC 5424 section 6.2.1.
const (
	facilityUser    = 1
	severityWarning = 4
	severityNotice  = 5
	severityInfo    = 6
)

// The lengths of RFC 5424 section 6.
const (
	maxHostname = 255
	maxAppName  = 48
	maxProcID   = 128
	maxMsgID    = 32
)

// dataID names the structured data (RFC 5424 section 7.2.2). 32473 is the enterprise number
// that is reserved for examples (RFC 5612): Gondor has none of its own.
const dataID = "gondor@32473"

// formSyslog appends a line as an RFC 5424 message with its length in front (RFC 6587 section
// 3.4.1, RFC 5425 section 4.3). The text stands without a byte order mark, as MSG-ANY: what
// receives it shows the mark as part of the text.
func formSyslog(to []byte, l line) []byte {
	message := messageOf(l)
	to = strconv.AppendInt(to, int64(len(message)), 10)
	to = append(to, ' ')
	return append(to, message...)
}

// messageOf is a SYSLOG-MSG (RFC 5424 section 6).
func messageOf(l line) []byte {
	m := append([]byte("<"), strconv.Itoa(facilityUser*8+severityOf(l.stream))...)
	m = append(m, ">1 "...)
	m = l.time.UTC().AppendFormat(m, "2006-01-02T15:04:05.000000Z") // section 6.2.3
	for _, field := range []string{
		headerField(l.host, maxHostname),
		headerField(cmp.Or(l.service, appNames[l.kind], l.kind), maxAppName),
		headerField(l.replica, maxProcID),
		headerField(l.kind, maxMsgID),
	} {
		m = append(append(m, ' '), field...)
	}
	m = appendData(append(m, ' '), l)
	return append(append(m, ' '), l.text...)
}

// appNames are the applications of logs that are of no service.
var appNames = map[string]string{"access": "router", "release": "gondor"}

func severityOf(stream app.Stream) int {
	switch stream {
	case app.Stderr:
		return severityWarning
	case app.Gondor:
		return severityNotice
	}
	return severityInfo
}

// headerField makes a text fit into a field of the header: printable ASCII without spaces,
// of that length at most, or "-" for none (section 6.2).
func headerField(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < '!' || r > '~' {
			return '_'
		}
		return r
	}, text)
	return cmp.Or(text[:min(len(text), most)], "-")
}

// appendData appends the structured data (section 6.3).
func appendData(m []byte, l line) []byte {
	m = append(append(m, '['), dataID...)
	for _, param := range [][2]string{
		{"id", l.id},
		{"stream", string(l.stream)},
		{"site", l.site},
		{"instance", l.instance},
		{"service", l.service},
		{"release", number(l.release)},
	} {
		if param[1] == "" {
			continue
		}
		m = append(append(append(m, ' '), param[0]...), `="`...)
		m = append(append(m, escaped.Replace(param[1])...), '"')
	}
	return append(m, ']')
}

// escaped escapes what may not stand in a PARAM-VALUE (section 6.3.3).
var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
