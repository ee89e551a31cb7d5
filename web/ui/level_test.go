package ui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"gondor/app"
)

func TestTheLevelOfALineIsRecognised(t *testing.T) {
	for _, c := range []struct {
		format, line string
		want         level
	}{
		{"Python's default", "WARNING:root:the disk is nearly full", levelWarn},
		{"Python's with a time", "2026-03-01 12:00:00,123 ERROR shop.views the basket is gone", levelError},
		{"Python's critical", "CRITICAL:django.security:Invalid HTTP_HOST header", levelError},
		{"Django's server", "[01/Mar/2026 12:00:00] INFO [django.server:213] GET / 200", levelInfo},
		{"Gunicorn", "[2026-03-01 12:00:00 +0000] [7] [INFO] Listening at: http://0.0.0.0:8000", levelInfo},
		{"Uvicorn", "INFO:     Application startup complete.", levelInfo},
		{"Celery", "[2026-03-01 12:00:00,123: WARNING/MainProcess] no queue", levelWarn},
		{"slog as text", `time=2026-03-01T12:00:00.000Z level=ERROR msg="lost the way"`, levelError},
		{"slog between two levels", `time=2026-03-01T12:00:00.000Z level=WARN+2 msg="nearly lost"`, levelWarn},
		{"slog as JSON", `{"time":"2026-03-01T12:00:00Z","level":"DEBUG","msg":"a step"}`, levelDebug},
		{"logfmt in quotes", `ts=1 level="info" msg=ready`, levelInfo},
		{"zap", `{"level":"error","ts":1772366400,"msg":"lost"}`, levelError},
		{"pino", `{"level":40,"time":1772366400000,"msg":"slow"}`, levelWarn},
		{"Google Cloud", `{"message":"ready","severity":"NOTICE"}`, levelInfo},
		{"python-json-logger with blanks", `{"message": "lost", "levelname": "CRITICAL"}`, levelError},
		{"Elastic Common Schema", `{"log.level":"warn","message":"slow"}`, levelWarn},
		{"Rails", "E, [2026-03-01T12:00:00.123456 #7] ERROR -- : lost", levelError},
		{"Rails without its word", "D, [2026-03-01T12:00:00.123456 #7]   SELECT 1", levelDebug},
		{"Kubernetes", "W0301 12:00:00.123456       7 reflector.go:1] slow", levelWarn},
		{"nginx", "2026/03/01 12:00:00 [error] 7#7: *1 open() failed", levelError},
		{"nginx in need", "2026/03/01 12:00:00 [emerg] 7#7: bind() failed", levelError},
		{"Apache", "[Sun Mar 01 12:00:00 2026] [core:warn] [pid 7] slow", levelWarn},
		{"Logback", "12:00:00.123 [main] INFO  com.example.App - ready", levelInfo},
		{"java.util.logging", "SEVERE: lost", levelError},
		{"zerolog for people", "12:00PM DBG a step n=1", levelDebug},
		{"Rust's env_logger", "[2026-03-01T12:00:00Z ERROR shop] lost", levelError},
		{"tracing", "2026-03-01T12:00:00.123Z TRACE shop: a step", levelDebug},
		{"PostgreSQL", "2026-03-01 12:00:00 UTC [7] FATAL:  the database system is starting up", levelError},
		{"npm", "npm ERR! code ENOENT", levelError},
		{"a panic of Go", "panic: runtime error: index out of range", levelError},
		{"a compiler", "error: expected one of `;`", levelError},
		{"a warning at the start", "Warning: Permanently added a host", levelWarn},
		{"the first of two", "INFO the last run ended with ERROR here", levelInfo},

		{"prose", "no error was found and no warning", ""},
		{"prose in capitals, far behind", "a line " + strings.Repeat("of words ", 20) + "ERROR", ""},
		{"prose with letters", "what I and E do", ""},
		{"a setting", "DEBUG=True", ""},
		{"a part of a word", "ERRORS were counted, INFORMATION too", ""},
		{"a request", `10.0.0.1 - - [01/Mar/2026:12:00:00 +0000] "GET /info HTTP/1.1" 200 5`, ""},
		{"an address", "GET /ERROR/1?level=error 200", ""},
		{"JSON without a level", `{"message":"ERROR in the text"}`, ""},
		{"a number that is none of pino's", `{"level":7}`, ""},
		{"a word that is none", `level=loud`, ""},
		{"nothing", "", ""},
	} {
		t.Run(c.format, func(t *testing.T) {
			if got := levelOf(c.line); got != c.want {
				t.Errorf("the level of %q is %q, want %q", c.line, got, c.want)
			}
		})
	}
}

func TestTheLevelOfARequestIsThatOfItsAnswer(t *testing.T) {
	for line, want := range map[string]level{
		"method=GET host=a.example path=/ status=502 bytes=0 seconds=0.001":                   levelError,
		"method=GET host=a.example path=/?level=error status=200 bytes=500 seconds=0.001":     "",
		`method=GET host=a.example path=/\x20status=500 status=404 bytes=0 seconds=0.001`:     "",
		"method=GET host=a.example path=/[error] status=301 bytes=0 seconds=0.500 client=::1": "",
	} {
		if got := levelOfLine(app.LogLine{Stream: app.Router, Text: line}); got != want {
			t.Errorf("the level of %q is %q, want %q", line, got, want)
		}
	}
}

func FuzzLevelOf(f *testing.F) {
	for _, line := range []string{"[error] x", `{"level":50}`, "E, [x", "level=", "ERROR", "\xff[", "{"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		switch got := levelOf(line); got {
		case "", levelDebug, levelInfo, levelWarn, levelError:
		default:
			t.Errorf("%q has the level %q", line, got)
		}
		if shown := plain(line); utf8.ValidString(line) && !utf8.ValidString(shown) {
			t.Errorf("of %q is shown %q, which is no UTF-8", line, shown)
		}
	})
}

func BenchmarkLevelOf(b *testing.B) {
	line := `10.0.0.1 - - [01/Mar/2026:12:00:00 +0000] "GET /a/rather/long/path/of/a/page HTTP/1.1" 200 5123 "-" "Mozilla/5.0 (X11; Linux x86_64)"`
	for b.Loop() {
		levelOf(line)
	}
}
