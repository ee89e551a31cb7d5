package inside

import "time"

// drainInterval is between two looks at the connections in flight.
const drainInterval = 100 * time.Millisecond

// drain is the time in which a web service still answers, having been told to stop:
// routers hear of it meanwhile, and requests in flight end.
type drain struct {
	port  int
	began time.Time
	least time.Duration // so that routers have heard of it
	most  time.Duration
}

// over reports whether the program may be stopped now.
func (d drain) over(now time.Time) bool {
	passed := now.Sub(d.began)
	if passed < d.least {
		return false
	}
	if passed >= d.most {
		return true
	}
	count, err := connections(d.port)
	return err == nil && count == 0
}

// connections counts the connections to a port, those included that have not been
// accepted yet.
func connections(port int) (int, error) {
	count := 0
	for s, err := range sockets() {
		if err != nil {
			return 0, err
		}
		if s.state == established && int(s.local.Port()) == port {
			count++
		}
	}
	return count, nil
}
