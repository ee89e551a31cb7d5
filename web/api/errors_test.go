package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"gondor/app"
)

func TestAnErrorComesBackAsItWas(t *testing.T) {
	for name, err := range map[string]error{
		"one field":                app.Invalid("name", "is taken"),
		"no field":                 app.Invalid("", "give something"),
		"two fields":               app.Errors{{Code: app.CodeInvalid, Field: "a", Message: "x"}, {Code: app.CodeInvalid, Field: "b", Message: "y"}},
		"two messages":             app.Errors{{Code: app.CodeInvalid, Field: "a", Message: "x"}, {Code: app.CodeInvalid, Field: "a", Message: "y"}},
		"not found":                app.NotFound("site"),
		"a conflict":               app.Conflict("", "it clashes"),
		"a conflict about a field": app.Conflict("host", "this host name is taken"),
		"unauthenticated":          app.Fault(app.CodeUnauthenticated, "sign in"),
		"forbidden":                app.Fault(app.CodeForbidden, "a viewer may not"),
		"too large":                app.Fault(app.CodeTooLarge, "too large"),
		"too many":                 app.Fault(app.CodeTooMany, "later"),
		"failed":                   app.Fault(app.CodeFailed, "it failed"),
		"unavailable":              app.Fault(app.CodeUnavailable, "later"),
		"internal":                 app.Fault(app.CodeInternal, "internal error"),
	} {
		t.Run(name, func(t *testing.T) {
			body, failed := json.Marshal(EncodeError(err))
			if failed != nil {
				t.Fatal(failed)
			}
			if got := DecodeError(StatusOf(err), body); !reflect.DeepEqual(got, err) {
				t.Errorf("%s came back as %#v", body, got)
			}
		})
	}
}

func TestWhatCarriesNoCodeIsInternal(t *testing.T) {
	err := errors.New("open /secret: permission denied")
	body, _ := json.Marshal(EncodeError(err))
	if StatusOf(err) != 500 || string(body) != `{"detail":"internal error"}` {
		t.Errorf("%d %s", StatusOf(err), body)
	}
	if StatusOf(nil) != 200 || StatusOf(fmt.Errorf("read: %w", app.NotFound("site"))) != 404 {
		t.Error("a status is wrong")
	}
}

func TestNoStatusMeansTwoCodes(t *testing.T) {
	seen := map[int]app.Code{}
	for code, status := range statuses {
		if other, twice := seen[status]; twice {
			t.Errorf("%d is %s and %s", status, code, other)
		}
		seen[status] = code
		if CodeOfStatus(status) != code {
			t.Errorf("%d is %s, not %s", status, CodeOfStatus(status), code)
		}
	}
	for status, code := range map[int]app.Code{405: app.CodeInvalid, 502: app.CodeUnavailable, 504: app.CodeUnavailable, 501: app.CodeInternal} {
		if CodeOfStatus(status) != code {
			t.Errorf("%d is %s", status, CodeOfStatus(status))
		}
	}
}

func TestTheErrorsOfAnArrayKeepTheirPlaces(t *testing.T) {
	body, _ := json.Marshal(EncodeErrors([]error{nil, app.Invalid("key", "bad"), nil}))
	if string(body) != `[{},{"key":["bad"]},{}]` {
		t.Errorf("%s", body)
	}
	if err := DecodeError(400, body); err.Error() != "key: bad" {
		t.Errorf("%v", err)
	}
}

func FuzzDecodeError(f *testing.F) {
	for _, seed := range []string{`{"detail": "no"}`, `{"a": ["b"]}`, `[{}, {"a": ["b"]}]`, `{"detail": 7}`, `<html>`, `null`, ``} {
		f.Add(400, []byte(seed))
		f.Add(404, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 400 || status > 599 {
			return
		}
		err := DecodeError(status, body)
		if err == nil || app.CodeOf(err) != CodeOfStatus(status) {
			t.Fatalf("%d %q became %v", status, body, err)
		}
		_ = http.StatusText(status)
	})
}
