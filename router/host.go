package router

import (
	"net/netip"
	"strings"
)

// name is what a request's Host field names.
type name struct {
	host    string // lower case, without port and trailing dot; empty for an address
	address bool   // it is an IP literal
	port    string // as written; empty when there is none
}

// parseHost reads a Host field value: uri-host [ ":" port ] (RFC 9110 section 7.2). It
// reports false for what can't be the name of a site: characters other than those of
// host names and IP literals, empty labels, a port that is no number.
func parseHost(value string) (name, bool) {
	if strings.HasPrefix(value, "[") {
		return parseHost6(value)
	}
	host, port, _ := strings.Cut(value, ":")
	if !validPort(port) || !validName(host) {
		return name{}, false
	}
	host = strings.TrimSuffix(host, ".")
	if isAddress(host) {
		return name{address: true, port: port}, true
	}
	return name{host: strings.ToLower(host), port: port}, true
}

func parseHost6(value string) (name, bool) {
	literal, rest, closed := strings.Cut(value[1:], "]")
	addr, err := netip.ParseAddr(literal)
	if !closed || err != nil || !addr.Is6() || addr.Zone() != "" {
		return name{}, false
	}
	port, colon := strings.CutPrefix(rest, ":")
	if !validPort(port) || (rest != "" && !colon) {
		return name{}, false
	}
	return name{address: true, port: port}, true
}

// isAddress reports whether a valid name is an IPv4 literal. Only a name that ends in a
// digit can be one, which spares the others the parser.
func isAddress(host string) bool {
	last := host[len(host)-1]
	if last < '0' || last > '9' {
		return false
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// validName holds host names to letters, digits, hyphens and underscores between dots:
// at most 253 bytes, no empty label but for one trailing dot (RFC 1034 section 3.5, and
// the underscore that practice has added).
func validName(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > 253 {
		return false
	}
	label := 0
	for i := range len(host) {
		switch c := host[i]; {
		case c == '.' && label == 0:
			return false
		case c == '.':
			label = 0
		case !nameByte(c) || label == 63:
			return false
		default:
			label++
		}
	}
	return label > 0
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

func validPort(port string) bool {
	if len(port) > 5 {
		return false
	}
	n := 0
	for i := range len(port) {
		if port[i] < '0' || port[i] > '9' {
			return false
		}
		n = n*10 + int(port[i]-'0')
	}
	return n <= 65535
}
