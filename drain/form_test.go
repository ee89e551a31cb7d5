package drain

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"gondor/app"
)

// example is some line, at the time of the examples of RFC 5424 section 6.2.3.1.
func example() line {
	return line{
		id: "service/0ab:42", time: time.Date(2003, 8, 24, 12, 14, 15, 3000, time.UTC), stream: app.Stdout,
		site: "team/shop", instance: "primary", host: "shop.example.com", kind: "service", service: "web", replica: "web-v3.0-1", release: 3,
		text: "GET / 200",
	}
}

func TestMessagesOfSyslog(t *testing.T) {
	const data = `[gondor@32473 id="service/0ab:42" stream="stdout" site="team/shop" instance="primary" service="web" release="3"]`
	for _, c := range []struct {
		name   string
		change func(*line)
		want   string
	}{
		{"a line of a service", func(*line) {}, "<14>1 2003-08-24T12:14:15.000003Z shop.example.com web web-v3.0-1 service " + data + " GET / 200"},
		{"standard error warns", func(l *line) { l.stream = app.Stderr }, "<12>1 2003-08-24T12:14:15.000003Z shop.example.com web web-v3.0-1 service " + strings.Replace(data, "stdout", "stderr", 1) + " GET / 200"},
		{"Gondor notices", func(l *line) { l.stream, l.replica = app.Gondor, "" }, "<13>1 2003-08-24T12:14:15.000003Z shop.example.com web - service " + strings.Replace(data, "stdout", "gondor", 1) + " GET / 200"},
		{"another time zone", func(l *line) { l.time = l.time.In(time.FixedZone("", -7*3600)) }, "<14>1 2003-08-24T12:14:15.000003Z shop.example.com web web-v3.0-1 service " + data + " GET / 200"},
		{"not to the microsecond", func(l *line) { l.time = l.time.Add(999) }, "<14>1 2003-08-24T12:14:15.000003Z shop.example.com web web-v3.0-1 service " + data + " GET / 200"},
		{"an empty text", func(l *line) { l.text = "" }, "<14>1 2003-08-24T12:14:15.000003Z shop.example.com web web-v3.0-1 service " + data + " "},
		{"a text in UTF-8, without a mark", func(l *line) { l.text = "grüß Gott" }, "<14>1 2003-08-24T12:14:15.000003Z shop.example.com web web-v3.0-1 service " + data + " grüß Gott"},
		{
			"what must be escaped", func(l *line) { l.service = `a"b\c]` },
			`<14>1 2003-08-24T12:14:15.000003Z shop.example.com a"b\c] web-v3.0-1 service ` + strings.Replace(data, `"web"`, `"a\"b\\c\]"`, 1) + " GET / 200",
		},
		{
			"of a release, and nobody's", func(l *line) { l.kind, l.service, l.replica, l.release = "release", "", "", 0 },
			`<14>1 2003-08-24T12:14:15.000003Z shop.example.com gondor - release [gondor@32473 id="service/0ab:42" stream="stdout" site="team/shop" instance="primary"] GET / 200`,
		},
		{
			"the access log", func(l *line) { l.kind, l.service, l.replica, l.release = "access", "", "", 0 },
			`<14>1 2003-08-24T12:14:15.000003Z shop.example.com router - access [gondor@32473 id="service/0ab:42" stream="stdout" site="team/shop" instance="primary"] GET / 200`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := example()
			c.change(&l)
			if got := string(messageOf(l)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAMessageHasItsLengthInBytesInFront(t *testing.T) {
	l := example()
	l.text = "ü"
	one, message := string(formSyslog(nil, l)), string(messageOf(l))
	if want := "189 " + message; one != want {
		t.Errorf("got %q, want %q of %d bytes", one, want, len(message))
	}
	if two := string(formSyslog([]byte(one), l)); two != one+one {
		t.Errorf("two are %q", two)
	}
}

func TestAFieldOfTheHeaderFitsIntoItsRoom(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"web", "web"},
		{"", "-"},
		{"two words", "two_words"},
		{"für\n", "f_r_"},
		{strings.Repeat("x", 100), strings.Repeat("x", maxAppName)},
	} {
		if got := headerField(c.text, maxAppName); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.text, got, c.want)
		}
	}
}

func TestALineOfJSON(t *testing.T) {
	l := example()
	l.text = "<b> \"ü\" \x00"
	const want = `{"id":"service/0ab:42","time":"2003-08-24T12:14:15.000003Z","stream":"stdout","site":"team/shop","instance":"primary",` +
		`"kind":"service","service":"web","replica":"web-v3.0-1","release":3,"text":"<b> \"ü\" \u0000"}` + "\n"
	if got := string(formJSON(nil, l)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// grammar is SYSLOG-MSG of RFC 5424 section 6 as far as messages of drains go, with its length
// in front.
var grammar = regexp.MustCompile(`(?s)^[1-9][0-9]* <[0-9]{1,3}>1 [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) \[gondor@32473( [a-z]+="([^"\\\]]|\\["\\\]])*")+\] `)

// FuzzForm holds that whatever a site writes and is called stays in its place.
func FuzzForm(f *testing.F) {
	f.Add("GET / 200", "web", "web-1", "id")
	f.Add("a\nb", "x]\" y=\"", "\x00", "")
	f.Fuzz(func(t *testing.T, text, service, replica, id string) {
		l := example()
		l.text, l.service, l.replica, l.id = text, service, replica, "x"+id
		message := formSyslog(nil, l)
		if !grammar.Match(message) || !strings.HasSuffix(string(message), "] "+text) {
			t.Errorf("this is no message: %q", message)
		}
		if got := formJSON(nil, l); strings.Count(string(got), "\n") != 1 {
			t.Errorf("this is not one line: %q", got)
		}
	})
}
