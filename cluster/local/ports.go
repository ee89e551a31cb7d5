package local

import (
	"hash/fnv"
	"net"
	"strconv"
	"sync"

	"gondor/app"
)

// ports hands out the ports of web replicas. It is safe for concurrent use.
type ports struct {
	mu          sync.Mutex
	first, last int
	next        int
	taken       map[int]bool
}

// newPorts begins at a place of the range that the data directory decides, so that two
// engines on one machine seldom want the same port.
func newPorts(first, last int, dir string) *ports {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(dir)) // a hash never fails to write
	start := first + int(hash.Sum32()%uint32(last-first+1))
	return &ports{first: first, last: last, next: start, taken: map[int]bool{}}
}

// keep marks a port that a replica has had since before Gondor started.
func (p *ports) keep(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken[port] = true
}

// take returns a port that no replica has and that can be bound now.
func (p *ports) take() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range p.last - p.first + 1 {
		port := p.next
		p.next = p.first + (port-p.first+1)%(p.last-p.first+1)
		if !p.taken[port] && canBind(port) {
			p.taken[port] = true
			return port, nil
		}
	}
	return 0, app.Fault(app.CodeUnavailable, "all ports from %d to %d are in use; widen the range", p.first, p.last)
}

func (p *ports) free(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, port)
}

func canBind(port int) bool {
	listener, err := net.Listen("tcp", address(port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// loopback is where web services are to listen: only the router may reach them.
const loopback = "127.0.0.1"
