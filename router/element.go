package router

import (
	"errors"
	"net/netip"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// element is one hop of a Forwarded field (RFC 7239 section 4), of which the router
// reads three parameters.
type element struct{ node, host, proto string }

var errForwarded = errors.New("the Forwarded field is malformed")

// parseForwarded reads the values of Forwarded fields. A malformed one makes all of
// them worthless: no element is returned, and an error.
func parseForwarded(values []string) ([]element, error) {
	p := forwardedParser{rest: strings.Join(values, ",")}
	var elements []element
	for p.rest != "" {
		e, err := p.element()
		if err != nil {
			return nil, err
		}
		if e != (element{}) {
			elements = append(elements, e)
		}
	}
	return elements, nil
}

type forwardedParser struct{ rest string }

// element reads pairs up to a comma or the end.
func (p *forwardedParser) element() (element, error) {
	var e element
	for {
		if err := p.pair(&e); err != nil {
			return element{}, err
		}
		p.space()
		switch {
		case p.rest == "":
			return e, nil
		case p.eat(','):
			p.space()
			return e, nil
		case !p.eat(';'):
			return element{}, errForwarded
		}
	}
}

// pair reads token "=" value, or nothing where there is nothing.
func (p *forwardedParser) pair(e *element) error {
	p.space()
	if p.rest == "" || p.rest[0] == ',' || p.rest[0] == ';' {
		return nil
	}
	key := p.token()
	if key == "" || !p.eat('=') {
		return errForwarded
	}
	value, err := p.value()
	if err != nil {
		return err
	}
	switch strings.ToLower(key) {
	case "for":
		e.node = value
	case "host":
		e.host = value
	case "proto":
		e.proto = strings.ToLower(value)
	}
	return nil
}

func (p *forwardedParser) value() (string, error) {
	if p.eat('"') {
		return p.quoted()
	}
	value := p.token()
	if value == "" {
		return "", errForwarded
	}
	return value, nil
}

func (p *forwardedParser) token() string {
	end := strings.IndexFunc(p.rest, func(c rune) bool { return !httpguts.IsTokenRune(c) })
	if end < 0 {
		end = len(p.rest)
	}
	token := p.rest[:end]
	p.rest = p.rest[end:]
	return token
}

// quoted reads what follows an opening quote, and the closing one.
func (p *forwardedParser) quoted() (string, error) {
	var text strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.rest = p.rest[i+1:]
			return text.String(), nil
		case c == '\\' && i+1 < len(p.rest):
			i++
			text.WriteByte(p.rest[i])
		default:
			text.WriteByte(c)
		}
	}
	return "", errForwarded
}

func (p *forwardedParser) eat(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *forwardedParser) space() { p.rest = strings.TrimLeft(p.rest, " \t") }

// appendElement appends for=NODE, and host and proto unless they are empty, each quoted
// where it is not a token.
func appendElement(text []byte, node, host, proto string) []byte {
	if a, err := netip.ParseAddr(node); err == nil && a.Is6() {
		node = "[" + node + "]"
	}
	text = appendValue(append(text, "for="...), node)
	if host != "" {
		text = appendValue(append(text, ";host="...), host)
	}
	if proto != "" {
		text = appendValue(append(text, ";proto="...), proto)
	}
	return text
}

func appendValue(text []byte, value string) []byte {
	if httpguts.ValidHeaderFieldName(value) { // the same as a token
		return append(text, value...)
	}
	text = append(text, '"')
	for i := range len(value) {
		if value[i] == '"' || value[i] == '\\' {
			text = append(text, '\\')
		}
		text = append(text, value[i])
	}
	return append(text, '"')
}

// plainNode returns a node of a Forwarded element as X-Forwarded-For has it: an IPv6
// address without brackets, an address without port.
func plainNode(node string) string {
	if a := nodeAddress(node); a.IsValid() {
		return a.String()
	}
	if node == "" {
		return "unknown"
	}
	return strings.Map(func(c rune) rune {
		if c == ',' || c == ' ' {
			return '_'
		}
		return c
	}, node)
}

// splitList returns the members of comma-separated fields, without empty ones.
func splitList(values []string) []string {
	var list []string
	for _, value := range values {
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.Trim(one, " \t"); one != "" {
				list = append(list, one)
			}
		}
	}
	return list
}
