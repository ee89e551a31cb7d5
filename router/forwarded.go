package router

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// origin is what a backend is told of where a request comes from. From an untrusted
// peer it says what the router saw itself and nothing else; from a trusted one, what
// that said, completed.
type origin struct {
	client    netip.Addr // the last address in the chain that is no trusted proxy
	forFor    string     // X-Forwarded-For
	proto     string     // X-Forwarded-Proto: http or https
	host      string     // X-Forwarded-Host, as the client wrote it
	port      string     // X-Forwarded-Port
	realIP    string     // X-Real-IP
	forwarded string     // Forwarded (RFC 7239)
	requestID string     // X-Request-ID
}

// origin returns what backends are told of the request's origin. The port is that of
// the Host field.
func (r *Router) origin(req *http.Request, port string) origin {
	peer := peerOf(req.RemoteAddr)
	seen := observe(req, peer, port)
	if !r.trusts(peer) {
		return seen
	}
	return r.believe(req.Header, peer, seen)
}

// observe tells what the router sees itself.
func observe(req *http.Request, peer netip.Addr, port string) origin {
	o := origin{client: peer, proto: "http", host: req.Host, port: port, requestID: newRequestID()}
	if req.TLS != nil {
		o.proto = "https"
	}
	if port == "" {
		o.port = defaultPort(o.proto)
	}
	o.forFor = nodeText(peer)
	o.realIP = o.forFor
	o.forwarded = string(appendElement(make([]byte, 0, 80), o.forFor, o.host, o.proto))
	return o
}

// believe completes what a trusted peer says with what was seen.
func (r *Router) believe(h http.Header, peer netip.Addr, seen origin) origin {
	o := seen
	elements, _ := parseForwarded(h["Forwarded"])
	chain := splitList(h["X-Forwarded-For"])
	if len(chain) == 0 {
		for _, e := range elements {
			chain = append(chain, plainNode(e.node))
		}
	}
	if len(elements) > 0 {
		o.proto = orElse(elements[0].proto, validProto, o.proto)
		o.host = orElse(elements[0].host, validHost, o.host)
	}
	o.proto = orElse(h.Get("X-Forwarded-Proto"), validProto, o.proto)
	o.host = orElse(h.Get("X-Forwarded-Host"), validHost, o.host)
	if o.proto != seen.proto || o.host != seen.host {
		o.port = portOf(o.host, o.proto)
	}
	o.port = orElse(h.Get("X-Forwarded-Port"), validForwardedPort, o.port)
	o.requestID = orElse(h.Get("X-Request-Id"), validRequestID, o.requestID)
	o.client = r.clientOf(chain, peer)
	o.realIP = orElse(h.Get("X-Real-Ip"), validAddress, nodeText(o.client))
	o.forFor = strings.Join(append(chain, nodeText(peer)), ", ")
	o.forwarded = chainForwarded(h, elements, chain, peer, o, seen)
	return o
}

// chainForwarded appends the peer to the Forwarded elements that it sent. Where it sent
// none, the chain is told in this form too, its first element with host and protocol.
func chainForwarded(h http.Header, elements []element, chain []string, peer netip.Addr, o, seen origin) string {
	if len(elements) > 0 {
		sent := strings.Join(h["Forwarded"], ", ")
		return string(appendElement([]byte(sent+", "), nodeText(peer), seen.host, seen.proto))
	}
	if len(chain) == 0 {
		return string(appendElement(nil, nodeText(peer), o.host, o.proto))
	}
	text := appendElement(nil, chain[0], o.host, o.proto)
	for _, node := range append(chain[1:len(chain):len(chain)], nodeText(peer)) {
		text = appendElement(append(text, ", "...), node, "", "")
	}
	return string(text)
}

// clientOf walks the chain from its end, the peer, past trusted proxies to the first
// address that is not one. Where it meets something that is no address, the one before
// stands.
func (r *Router) clientOf(chain []string, peer netip.Addr) netip.Addr {
	client := peer
	for i := len(chain) - 1; i >= 0 && r.trusts(client); i-- {
		before := nodeAddress(chain[i])
		if !before.IsValid() {
			return client
		}
		client = before
	}
	return client
}

func (r *Router) trusts(peer netip.Addr) bool {
	for _, prefix := range r.trusted {
		if prefix.Contains(peer) {
			return true
		}
	}
	return false
}

// peerOf returns the address of a peer, or the zero Addr for one that has none, such as
// that of a Unix socket.
func peerOf(remote string) netip.Addr {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap().WithZone("")
}

func nodeText(a netip.Addr) string {
	if !a.IsValid() {
		return "unknown"
	}
	return a.String()
}

// nodeAddress reads an address as proxies write it: bare, or with a port.
func nodeAddress(text string) netip.Addr {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return a.Unmap().WithZone("")
	}
	return peerOf(text)
}

func defaultPort(proto string) string {
	if proto == "https" {
		return "443"
	}
	return "80"
}

func portOf(host, proto string) string {
	if _, port, err := net.SplitHostPort(host); err == nil && port != "" {
		return port
	}
	return defaultPort(proto)
}

func orElse(value string, valid func(string) bool, other string) string {
	if valid(value) {
		return value
	}
	return other
}

func validProto(s string) bool { return s == "http" || s == "https" }

func validHost(s string) bool {
	_, ok := parseHost(s)
	return ok
}

func validForwardedPort(s string) bool { return s != "" && s != "0" && validPort(s) }

func validAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}
