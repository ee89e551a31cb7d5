package router

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"gondor/app"
)

// accessWords is how many words a line of the access log has.
const accessWords = 12

var errNoAccess = errors.New("the line is none of an access log")

// ParseAccess reads a line that Append has written. Times are as exact as the line has them.
func ParseAccess(line string) (a Access, err error) {
	words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
	if len(words) != accessWords {
		return a, errNoAccess
	}
	for i, word := range words {
		if words[i], err = unescape(word); err != nil {
			return a, err
		}
	}
	a = Access{
		Host: words[2], Method: words[3], Target: words[4], Backend: words[8],
		Instance: app.ID[app.Instance](words[9]), Service: words[10], RequestID: words[11],
	}
	var failed [4]error
	a.Time, failed[0] = time.Parse(time.RFC3339, words[0])
	a.Status, failed[1] = strconv.Atoi(words[5])
	a.Sent, failed[2] = strconv.ParseInt(words[6], 10, 64)
	a.Took, failed[3] = time.ParseDuration(words[7] + "s")
	if words[1] != "" {
		a.Client, err = netip.ParseAddr(words[1])
	}
	if errors.Join(append(failed[:], err)...) != nil {
		return Access{}, errNoAccess
	}
	return a, nil
}

// unescape is the text that appendWord wrote.
func unescape(word string) (string, error) {
	if word == "-" {
		return "", nil
	}
	var text strings.Builder
	for {
		before, after, escaped := strings.Cut(word, `\`)
		text.WriteString(before)
		if !escaped {
			return text.String(), nil
		}
		if len(after) < 3 || after[0] != 'x' {
			return "", errNoAccess
		}
		code, err := strconv.ParseUint(after[1:3], 16, 8)
		if err != nil {
			return "", errNoAccess
		}
		text.WriteByte(byte(code))
		word = after[3:]
	}
}
