package inside

import (
	"encoding/json"
	"net"
	"sync"
	"time"

	"gondor/app"
)

const (
	// silence is after which who attached counts as gone, having sent nothing, not even
	// the sign that it lives.
	silence = 6 * aliveInterval
	// lastFrame is how long the last frame may be on its way.
	lastFrame = 20 * time.Second
	// lateReader is how long who is attached may take to read what a program wrote that was
	// stopped.
	lateReader = 5 * time.Second
)

// session is somebody attached to the program, from the side of process 1.
type session struct {
	conn    net.Conn
	first   app.Window // the size of the terminal, as it came with the first frame
	arrived *intake
	program *program      // nil when it is refused, or there is none
	joined  chan struct{} // closed when program is set for good
	room    *credit       // of the far end, for output
	left    chan struct{} // closed when the far end has gone

	mu        sync.Mutex // one frame at a time
	buf       []byte
	gone      bool
	concluded bool // the last frame is on its way
}

func newSession(conn net.Conn) *session {
	return &session{
		conn: conn, arrived: newIntake(), joined: make(chan struct{}),
		room: newCredit(), left: make(chan struct{}),
	}
}

// deliver sends output, and waits while the far end passes it on slowly.
func (s *session) deliver(k kind, data []byte) {
	if s.room.take(s.left, len(data)) {
		s.write(k, data)
	}
}

// write sends a frame.
func (s *session) write(k kind, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return
	}
	s.buf = appendFrame(s.buf[:0], k, data)
	if _, err := s.conn.Write(s.buf); err != nil {
		s.gone = true
		_ = s.conn.Close() // so that who reads from it notices
	}
}

// refuse says why nobody can attach.
func (s *session) refuse(why string) {
	s.write(kindRefused, []byte(why))
	s.linger()
	close(s.joined)
}

// conclude tells how the program ended, once its output has been delivered. The far end
// hangs up when it has read that.
func (s *session) conclude(end Termination) {
	text, err := json.Marshal(end)
	if err != nil { // it always can
		_ = s.conn.Close()
		return
	}
	s.write(kindExit, text)
	s.linger()
}

// linger gives the far end a while to read the last frame and hang up.
func (s *session) linger() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.concluded = true
	_ = s.conn.SetReadDeadline(time.Now().Add(lastFrame)) // fails on one that is closed
}

// receive reads what the far end sends until it goes, is silent for too long, has read the
// last frame or breaks the rules.
func (s *session) receive() {
	buf := make([]byte, maxFrame)
	for s.listen() {
		k, data, err := readFrame(s.conn, buf)
		if err != nil || !s.heed(k, data) {
			return
		}
	}
}

// listen gives the far end time for its next frame.
func (s *session) listen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.concluded || s.conn.SetReadDeadline(time.Now().Add(silence)) == nil
}

// heed takes a frame to heart and reports whether more may follow.
func (s *session) heed(k kind, data []byte) bool {
	switch k {
	case kindStdin:
		return s.arrived.put(data)
	case kindCredit:
		return s.room.give(decodeCredit(data)) == nil
	case kindEnd:
		s.arrived.end()
		return true
	case kindResize:
		if s.program != nil {
			s.program.resize(decodeWindow(data))
		}
		return true
	case kindAlive:
		return true
	default: // kindDone, or what nobody sends
		return false
	}
}

// feed gives the program what arrives, and credit for it, until it ends or stop is closed.
// What it does not want any more is thrown away.
func (s *session) feed(stop <-chan struct{}) {
	var last byte = '\n'
	var taken passed
	for {
		data, ended := s.arrived.take()
		if len(data) > 0 {
			last = data[len(data)-1]
			s.program.take(data)
			if credit := taken.add(len(data)); credit != nil {
				s.write(kindCredit, credit)
			}
			continue
		}
		if ended {
			s.program.endInput(last)
			return
		}
		select {
		case <-s.arrived.wake:
		case <-stop:
			return
		}
	}
}
