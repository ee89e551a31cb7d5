package router

import (
	"bufio"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// field is one header or trailer field, its name in canonical form.
type field struct{ name, value string }

// head is the status line and the header section of an answer (RFC 9112 sections 4, 5),
// and what they say of the body.
type head struct {
	status  int
	minor   int // of the version: 1 for HTTP/1.1
	fields  []field
	length  int64 // Content-Length, or -1
	chunked bool
	close   bool     // the connection ends with this answer
	upgrade string   // the protocol that a 101 switches to
	options []string // the values of Connection

	text []byte // space to collect the bytes in
}

// mostHead bounds the header and the trailer section of an answer.
const mostHead = 256 << 10

var errHead = errors.New("the backend's answer is not HTTP/1.1")

// readHead reads the next head into h. Strings in it share one allocation.
func readHead(in *bufio.Reader, h *head) error {
	text, err := readSection(in, h.text[:0], true)
	if err != nil {
		return err
	}
	h.text = text
	status, rest, _ := strings.Cut(string(text), "\n")
	*h = head{fields: h.fields[:0], options: h.options[:0], length: -1, text: h.text}
	if err := h.parseStatus(strings.TrimSuffix(status, "\r")); err != nil {
		return err
	}
	h.fields, err = parseFields(h.fields, rest)
	if err != nil {
		return err
	}
	return h.interpret()
}

// readSection appends lines up to and without the empty one that ends a section. A head
// has a first line that may not be empty; a trailer section may have no line at all.
func readSection(in *bufio.Reader, text []byte, head bool) ([]byte, error) {
	for start := true; ; {
		line, err := in.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return nil, err
		}
		empty := start && (len(line) == 1 || len(line) == 2 && line[0] == '\r')
		if empty && err == nil && (!head || len(text) > 0) {
			return text, nil
		}
		text = append(text, line...)
		if len(text) > mostHead {
			return nil, fmt.Errorf("%w: its head is larger than %d bytes", errHead, mostHead)
		}
		start = err == nil
	}
}

// parseStatus reads "HTTP/1.1 200 OK".
func (h *head) parseStatus(line string) error {
	version, ok := strings.CutPrefix(line, "HTTP/1.")
	if !ok || len(version) < 5 || version[1] != ' ' || (len(version) > 5 && version[5] != ' ') {
		return errHead
	}
	status, err := strconv.ParseUint(version[2:5], 10, 16)
	if err != nil || status < 100 || version[0] < '0' || version[0] > '9' {
		return errHead
	}
	h.status, h.minor = int(status), int(version[0]-'0')
	return nil
}

// parseFields appends the fields of a section. White space before the colon is removed
// as RFC 9112 section 5.1 wants it of a proxy; a folded line is refused (section 5.2).
func parseFields(fields []field, text string) ([]field, error) {
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		name, value, colon := strings.Cut(line, ":")
		name = strings.TrimRight(name, " \t")
		value = strings.Trim(value, " \t\r")
		if !colon || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, fmt.Errorf("%w: a header field is malformed", errHead)
		}
		fields = append(fields, field{textproto.CanonicalMIMEHeaderKey(name), value})
	}
	return fields, nil
}

// interpret finds out how long the body is and whether the connection stays
// (RFC 9112 sections 6.3 and 9.3).
func (h *head) interpret() error {
	h.close = h.minor == 0
	for _, f := range h.fields {
		switch f.name {
		case "Content-Length":
			if err := h.setLength(f.value); err != nil {
				return err
			}
		case "Transfer-Encoding":
			if h.chunked || !strings.EqualFold(f.value, "chunked") {
				return fmt.Errorf("%w: it has a transfer coding other than chunked", errHead)
			}
			h.chunked = true
		case "Connection":
			h.options = append(h.options, f.value)
			h.heed(f.value)
		case "Upgrade":
			h.upgrade = f.value
		}
	}
	if h.chunked && h.length >= 0 {
		h.length, h.close = -1, true // the coding rules, and what follows is not trusted
	}
	return nil
}

func (h *head) setLength(value string) error {
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || (h.length >= 0 && h.length != int64(n)) {
		return fmt.Errorf("%w: its Content-Length is wrong", errHead)
	}
	h.length = int64(n)
	return nil
}

func (h *head) heed(connection string) {
	if listed(connection, "close") {
		h.close = true
	}
	if h.minor == 0 && listed(connection, "keep-alive") {
		h.close = false
	}
}

// listed reports whether a comma-separated list holds the token, in whatever case.
func listed(list, token string) bool {
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		if strings.EqualFold(strings.Trim(one, " \t"), token) {
			return true
		}
	}
	return false
}
