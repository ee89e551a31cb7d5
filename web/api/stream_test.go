package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"

	"gondor/app"
)

func TestEventsAreReadAsTheStandardHasThem(t *testing.T) {
	for _, c := range []struct{ name, stream, want string }{
		{"comments are skipped", ": hello\n\n: still\n\ndata: 1\n\n", "=1"},
		{"a name, an id, CRLF", "id: 7\r\nevent: change\r\ndata: {}\r\n\r\n", "change={}"},
		{"data of two lines", "data: a\ndata: b\n\n", "=a\nb"},
		{"no space behind the colon", "event:end\ndata:x\n\n", "end=x"},
		{"an event without its end is dropped", "data: a\n\ndata: b\n", "=a"},
		{"empty data", "event: end\ndata:\n\n", "end="},
		{"unknown fields", "retry: 5\nfoo\ndata: a\n\n", "=a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for event, err := range readEvents(iotest.OneByteReader(strings.NewReader(c.stream))) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, event.name+"="+string(event.data))
			}
			if strings.Join(got, "|") != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}

func FuzzReadEvents(f *testing.F) {
	f.Add([]byte("event: a\ndata: b\n\n"))
	f.Add([]byte(":\n\ndata\n\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		for event, err := range readEvents(bytes.NewReader(stream)) {
			if err == nil && event.data == nil {
				t.Fatalf("%q gave an event without data", stream)
			}
		}
	})
}

func TestHowAProcessEndedIsReadFromItsStatus(t *testing.T) {
	for _, c := range []struct {
		name, status string
		code         int
		message      string
		err          string
	}{
		{"success", `{"metadata":{},"status":"Success"}`, 0, "", ""},
		{"a code", `{"status":"Failure","reason":"NonZeroExitCode","message":"exit status 3","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}`, 3, "exit status 3", ""},
		{"a failure", `{"status":"Failure","reason":"InternalError","message":"the build was cancelled"}`, 0, "", "the build was cancelled"},
		{"a code that can't be", `{"status":"Failure","message":"x","details":{"causes":[{"reason":"ExitCode","message":"0"}]}}`, 0, "", "x"},
		{"no JSON", `nonsense`, 0, "", "read how the process ended: invalid character 'o' in literal null (expecting 'u')"},
	} {
		t.Run(c.name, func(t *testing.T) {
			exit, err := decodeStatus([]byte(c.status))
			if exit.Code != c.code || exit.Message != c.message || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("%+v, %v", exit, err)
			}
		})
	}
}

func FuzzDecodeStatus(f *testing.F) {
	f.Add([]byte(`{"status":"Success"}`))
	f.Add([]byte(`{"status":"Failure","details":{"causes":[{"reason":"ExitCode","message":"255"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		exit, err := decodeStatus(data)
		if err == nil && (exit.Code < 0 || exit.Code > 255) {
			t.Fatalf("%q gave the code %d", data, exit.Code)
		}
	})
}

func TestAReferenceMayBeAWholeResource(t *testing.T) {
	for text, want := range map[string]Reference{
		`"https://a/v2/sites/x/"`: "https://a/v2/sites/x/", `null`: "", `{"name": "x", "url": "https://a/"}`: "https://a/",
	} {
		var n NewSiteUser
		if err := json.Unmarshal([]byte(`{"site": `+text+`}`), &n); err != nil || n.Site != want {
			t.Errorf("%s became %q: %v", text, n.Site, err)
		}
	}
	for _, text := range []string{`7`, `[]`, `{}`, `true`} {
		var n NewSiteUser
		if json.Unmarshal([]byte(`{"site": `+text+`}`), &n) == nil {
			t.Errorf("%s became %q", text, n.Site)
		}
	}
}

func TestSecretsAreHiddenAtAnyDepth(t *testing.T) {
	for _, c := range []struct{ kind, body, want string }{
		{"application/json", `[{"key":"A","value":"s"},{"a":{"env":{"B":"s"}}}]`, `[{"key":"A","value":"[hidden]"},{"a":{"env":"[hidden]"}}]`},
		{"application/json", `{"value":null}`, `{"value":null}`},
		{"application/json", `{"password":`, "[12 bytes that are not JSON]"},
		{"application/x-www-form-urlencoded", "password=s&username=ada", "password=[hidden]&username=ada"},
		{"application/x-tar", "s", "[1 bytes]"},
	} {
		if got := hideSecrets(c.kind, []byte(c.body)); got != c.want {
			t.Errorf("%s became %s", c.body, got)
		}
	}
}

var _ error = (*UnreachableError)(nil)

func TestAnUnreachableServerIsUnavailable(t *testing.T) {
	if code := app.CodeOf(&UnreachableError{Server: "x", Cause: errFake}); code != app.CodeUnavailable {
		t.Errorf("code %s", code)
	}
}
