package ui

import (
	"regexp"
	"strings"

	"gondor/app"
)

// level is how grave a line of a log is by its own words; "" where it has none.
type level string

// The levels. What is graver than an error is one too.
const (
	levelDebug level = "debug"
	levelInfo  level = "info"
	levelWarn  level = "warn"
	levelError level = "error"
)

// levelHead is how far into a line its level stands, in bytes: behind it words are prose.
const levelHead = 120

// What begins a line in formats that need no look at its words.
var (
	// {"level":"error"} of zap, slog and pino, which has numbers, and the like
	jsonLevel = regexp.MustCompile(`"(?:level|lvl|severity|levelname|log\.level)"\s*:\s*"?([A-Za-z]+|\d+)`)
	// E, [2026-03-01T12:00:00 #7] of Ruby and Rails; E0301 12:00:00 of Kubernetes
	letterLevel = regexp.MustCompile(`^(?:([DIWEF]), \[|([IWEF])\d{4} \d\d:)`)
)

// levelOfLine is the level of a line of a log: of the router's, an error for what a site failed
// to answer, and else what its words say.
func levelOfLine(line app.LogLine) level {
	if line.Stream != app.Router {
		return levelOf(line.Text)
	}
	if strings.Contains(line.Text, " status=5") { // there are no other spaces than those between its parts
		return levelError
	}
	return ""
}

// levelOf recognises the level of a line in the formats that are usual. Of several words the
// first counts. It is fast enough to be asked for every line that is shown.
func levelOf(text string) level {
	if strings.HasPrefix(text, "{") {
		return named(jsonLevel.FindStringSubmatch(text))
	}
	head := text[:min(len(text), levelHead)]
	if found := named(letterLevel.FindStringSubmatch(head)); found != "" {
		return found
	}
	for from, to := nextWord(head, 0); from < to; from, to = nextWord(head, to) {
		if to-from < shortestLevel {
			continue // letters and numbers are names only where the format says so
		}
		if found := levelNamed(head[from:to]); found != "" && isLevel(head[:from], head[from:to], head[to:]) {
			return found
		}
	}
	return ""
}

// nextWord finds the next run of letters, an empty one when there is none.
func nextWord(text string, from int) (int, int) {
	for from < len(text) && !isLetter(text[from]) {
		from++
	}
	to := from
	for to < len(text) && isLetter(text[to]) {
		to++
	}
	return from, to
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// isLevel tells a level from a word of prose by what stands around it:
//
//	[error] of nginx, [core:error] of Apache; level=error of logfmt, level=ERROR of slog
//	error: at the start, of compilers; panic: of Go
//	ERROR in capitals and by itself, of Python, Java, PostgreSQL and most others
func isLevel(before, word, after string) bool {
	switch {
	case endsIn(before, "[(<:") && beginsWith(after, "])>"):
		return true
	case isPair(strings.TrimSuffix(before, `"`)):
		return true
	case before == "":
		return strings.HasPrefix(after, ": ") || isCapital(word) && (after == "" || beginsWith(after, behindLevel))
	}
	return isCapital(word) && endsIn(before, " \t[(<|:,\"") && (after == "" || beginsWith(after, behindLevel))
}

// behindLevel are the bytes that may follow a level in capitals.
const behindLevel = " \t])>|/:,!+\""

// isPair reports whether a level is the value of what stands before it; ?level=error in an
// address is none.
func isPair(before string) bool {
	for _, key := range []string{"level=", "lvl=", "severity="} {
		if rest, found := strings.CutSuffix(before, key); found {
			return rest == "" || endsIn(rest, " \t")
		}
	}
	return false
}

func isCapital(word string) bool { return strings.ToUpper(word) == word }

func endsIn(text, bytes string) bool {
	return text != "" && strings.IndexByte(bytes, text[len(text)-1]) >= 0
}

func beginsWith(text, bytes string) bool {
	return text != "" && strings.IndexByte(bytes, text[0]) >= 0
}

// named is the level that the first group of a match names which is not empty.
func named(match []string) level {
	for _, word := range match[min(len(match), 1):] {
		if word != "" {
			return levelNamed(word)
		}
	}
	return ""
}

// How short and how long the words for levels are.
const (
	shortestLevel = len("ERR")
	longestLevel  = len("EMERGENCY")
)

// levelNamed tells a level by its name, its first letter or the number that pino gives it.
func levelNamed(word string) level {
	if len(word) > longestLevel {
		return ""
	}
	switch strings.ToUpper(word) {
	case "TRACE", "TRC", "DEBUG", "DBG", "D", "10", "20":
		return levelDebug
	case "INFO", "INF", "NOTICE", "I", "30":
		return levelInfo
	case "WARN", "WARNING", "WRN", "W", "40":
		return levelWarn
	case "ERROR", "ERR", "SEVERE", "CRITICAL", "CRIT", "FATAL", "FTL", "ALERT", "EMERG", "EMERGENCY", "PANIC", "DPANIC", "E", "F", "50", "60":
		return levelError
	}
	return ""
}
