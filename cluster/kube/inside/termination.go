package inside

import (
	"encoding/json"
	"strings"
)

// Termination is what a container says at its end: how its program ended.
type Termination struct {
	Code    int    `json:"code"`    // 0 to 255; 128+N after signal N
	Message string `json:"message"` // for people: "exit status 3"
}

// ParseTermination reads a container's termination message. It reports false when the
// container left none: process 1 itself was killed.
func ParseTermination(text string) (Termination, bool) {
	var t Termination
	err := json.Unmarshal([]byte(text), &t)
	return t, err == nil && t.Code >= 0 && t.Code <= 255 && t.Message != ""
}

// healthPrefix begins every line of the stream Gondor that tells of a health check.
const healthPrefix = "Health check: "

// healthPassed is what a check says that passes.
const healthPassed = "passed"

// HealthMessage returns what a line of the stream Gondor says of the health check, empty
// when it passes, and whether it says anything of it. Such a line is written at every
// change.
func HealthMessage(line string) (message string, found bool) {
	message, found = strings.CutPrefix(line, healthPrefix)
	if message == healthPassed {
		return "", found
	}
	return message, found
}
