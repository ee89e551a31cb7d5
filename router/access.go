package router

import (
	"net/netip"
	"strconv"
	"time"

	"gondor/app"
)

// Access is one line of the access log.
type Access struct {
	Time      time.Time // when the request had been read
	Took      time.Duration
	Client    netip.Addr // behind trusted proxies; zero when there is no address
	Host      string     // as routed: lower case, without port
	Method    string
	Target    string // the request target as it came
	Status    int    // 499: the client went away before an answer
	Sent      int64  // bytes of the answer's body, or of a tunnel to the client
	Backend   string // address; empty when none was found
	Instance  app.ID[app.Instance]
	Service   string
	RequestID string
}

// AccessLog takes what a router has done. Log is called in the goroutine of the request,
// concurrently, and must not wait for anything.
type AccessLog interface {
	Log(a Access)
}

func (x *exchange) log() {
	if x.router.access == nil {
		return
	}
	a := Access{
		Time: x.start, Took: time.Since(x.start),
		Client: x.origin.client, Host: x.name.host,
		Method: x.req.Method, Target: x.req.RequestURI,
		Status: x.status, Sent: x.sent, RequestID: x.origin.requestID,
	}
	if x.asked != nil {
		a.Backend = x.asked.address
	}
	if x.route != nil {
		a.Instance, a.Service = x.route.Instance, x.route.Service
	}
	x.router.access.Log(a)
}

// Append appends the line of the access, without a newline: fields separated by one
// space, each without spaces, "-" for what there is none of:
//
//	TIME CLIENT HOST METHOD TARGET STATUS BYTES SECONDS BACKEND INSTANCE SERVICE REQUEST-ID
//	2026-03-01T09:30:00.125Z 192.0.2.7 shop.example.com GET /cart?id=1 200 5120 0.017 10.0.0.4:8080 i1 web 4bf9…
//
// Bytes that are no printable ASCII, and backslashes, are written as \xHH.
func (a *Access) Append(line []byte) []byte {
	line = a.Time.UTC().AppendFormat(line, "2006-01-02T15:04:05.000Z")
	if line = append(line, ' '); a.Client.IsValid() {
		line = a.Client.AppendTo(line)
	} else {
		line = append(line, '-')
	}
	line = appendWords(line, a.Host, a.Method, a.Target)
	line = strconv.AppendInt(append(line, ' '), int64(a.Status), 10)
	line = strconv.AppendInt(append(line, ' '), a.Sent, 10)
	line = appendSeconds(append(line, ' '), a.Took)
	return appendWords(line, a.Backend, string(a.Instance), a.Service, a.RequestID)
}

// Text is the line of the access in the log of its instance: what it is, each with its name.
// What there is none of is left out; bytes are written as Append does.
func (a *Access) Text() string {
	line := append(make([]byte, 0, 200), "method="...)
	line = appendWord(line, a.Method)
	line = appendWord(append(line, " host="...), a.Host)
	line = appendWord(append(line, " path="...), a.Target)
	line = strconv.AppendInt(append(line, " status="...), int64(a.Status), 10)
	line = strconv.AppendInt(append(line, " bytes="...), a.Sent, 10)
	line = appendSeconds(append(line, " seconds="...), a.Took)
	if a.Client.IsValid() {
		line = a.Client.AppendTo(append(line, " client="...))
	}
	if a.RequestID != "" {
		line = appendWord(append(line, " request_id="...), a.RequestID)
	}
	return string(line)
}

// appendSeconds appends a time in seconds, to the millisecond.
func appendSeconds(line []byte, d time.Duration) []byte {
	ms := d.Milliseconds()
	line = append(strconv.AppendInt(line, ms/1000, 10), '.')
	return append(line, byte('0'+ms/100%10), byte('0'+ms/10%10), byte('0'+ms%10))
}

// appendWords appends each text after a space.
func appendWords(line []byte, texts ...string) []byte {
	for _, text := range texts {
		line = appendWord(append(line, ' '), text)
	}
	return line
}

func appendWord(line []byte, text string) []byte {
	const digits = "0123456789abcdef"
	if text == "" {
		line = append(line, '-')
	}
	for i := range len(text) {
		if c := text[i]; c > ' ' && c < 0x7f && c != '\\' {
			line = append(line, c)
		} else {
			line = append(line, '\\', 'x', digits[c>>4], digits[c&15])
		}
	}
	return line
}
