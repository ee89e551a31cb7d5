package router

import (
	"net/http"
	"strconv"
	"strings"
)

// appendHead appends the head of the request as the backend gets it: method, target and
// Host as they came, the client's fields without those of its connection
// (RFC 9110 section 7.6.1) and without those that only proxies may set, then the
// router's own.
func (x *exchange) appendHead(text []byte) []byte {
	req := x.req
	text = append(append(append(text, req.Method...), ' '), target(req)...)
	text = appendField(append(text, " HTTP/1.1\r\n"...), "Host", req.Host)
	connection := req.Header["Connection"]
	for name, values := range req.Header {
		if dropped(name) || named(connection, name) {
			continue
		}
		for _, value := range values {
			text = appendField(text, name, value)
		}
	}
	text = x.origin.append(text)
	text = appendField(text, "Via", via(req))
	return append(x.appendFraming(text), "\r\n"...)
}

// append appends the forwarding fields.
func (o *origin) append(text []byte) []byte {
	text = appendField(text, "X-Forwarded-For", o.forFor)
	text = appendField(text, "X-Forwarded-Proto", o.proto)
	text = appendField(text, "X-Forwarded-Host", o.host)
	text = appendField(text, "X-Forwarded-Port", o.port)
	text = appendField(text, "X-Real-Ip", o.realIP)
	text = appendField(text, "Forwarded", o.forwarded)
	return appendField(text, "X-Request-Id", o.requestID)
}

// appendFraming appends the fields that say how the body comes and what the connection
// may become.
func (x *exchange) appendFraming(text []byte) []byte {
	req := x.req
	switch _, said := req.Header["Content-Length"]; {
	case req.ContentLength > 0 || req.ContentLength == 0 && said:
		text = append(text, "Content-Length: "...)
		text = append(strconv.AppendInt(text, req.ContentLength, 10), "\r\n"...)
	case req.ContentLength < 0:
		text = append(text, "Transfer-Encoding: chunked\r\n"...)
		for name := range req.Trailer {
			text = appendField(text, "Trailer", name)
		}
	}
	if x.expects {
		text = append(text, "Expect: 100-continue\r\n"...)
	}
	switch {
	case x.upgrade != "":
		text = append(appendField(text, "Upgrade", x.upgrade), "Connection: Upgrade\r\n"...)
	case named(req.Header["Te"], "trailers"):
		text = append(text, "TE: trailers\r\nConnection: TE\r\n"...)
	}
	return text
}

func appendField(text []byte, name, value string) []byte {
	text = append(append(text, name...), ": "...)
	return append(append(text, value...), "\r\n"...)
}

// target returns the request target in origin form (RFC 9112 section 3.2.1), byte for
// byte as the client wrote it.
func target(req *http.Request) string {
	raw := req.RequestURI
	if raw == "" || raw[0] == '/' || raw == "*" {
		return raw
	}
	_, rest, _ := strings.Cut(raw, "://")
	if slash := strings.IndexAny(rest, "/?"); slash >= 0 && rest[slash] == '/' {
		return rest[slash:]
	} else if slash >= 0 {
		return "/" + rest[slash:]
	}
	if req.Method == http.MethodOptions {
		return "*" // RFC 9112 section 3.2.4
	}
	return "/"
}

// via returns the Via field with this hop appended (RFC 9110 section 7.6.3).
func via(req *http.Request) string {
	hop := "1.1 gondor"
	switch {
	case req.ProtoMajor == 2:
		hop = "2 gondor"
	case req.ProtoMinor == 0:
		hop = "1.0 gondor"
	}
	if before := req.Header["Via"]; len(before) > 0 {
		return strings.Join(before, ", ") + ", " + hop
	}
	return hop
}

// upgradeOf returns the protocol that a client wants to switch to (RFC 9110 section
// 7.8), or "". HTTP/2 in clear text is not passed on: through such a tunnel a client
// would write requests that the router does not see.
func upgradeOf(req *http.Request) string {
	if req.ProtoMajor != 1 || req.ProtoMinor == 0 || !named(req.Header["Connection"], "upgrade") {
		return ""
	}
	upgrade := strings.Join(req.Header["Upgrade"], ", ")
	if listed(upgrade, "h2c") {
		return ""
	}
	return upgrade
}

// dropped reports whether a client's field stays here: those of its connection, those
// that the router writes anew, and any that an application could mistake for one of the
// latter because CGI and WSGI make no difference between "-" and "_".
func dropped(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding",
		"Upgrade", "Http2-Settings", "Proxy-Authorization", "Proxy-Authenticate",
		"Content-Length", "Expect", "Host", "Via":
		return true
	}
	return forwarding(name)
}

func forwarding(name string) bool {
	switch name[0] {
	case 'X', 'x', 'F', 'f':
	default:
		return false
	}
	if strings.Contains(name, "_") {
		name = http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
	}
	switch name {
	case "Forwarded", "X-Real-Ip", "X-Request-Id":
		return true
	}
	return strings.HasPrefix(name, "X-Forwarded-")
}

// named reports whether any of the comma-separated lists holds the token.
func named(lists []string, token string) bool {
	for _, list := range lists {
		if listed(list, token) {
			return true
		}
	}
	return false
}
