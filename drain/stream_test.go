package drain

import (
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestSyslogOverTCPAndTLS(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(map[bool]string{false: "TCP", true: "TLS"}[secure], func(t *testing.T) {
			w := newWorld(t)
			far, scheme := newSyslogServer(t), "syslog://"
			if secure {
				far, scheme = secured(t, w), "syslog+tls://"
			}
			far.up()
			drain := w.add(scheme + far.address)
			drains, _ := w.begin()
			w.write(1, 5000)
			w.eventually("all lines are there", func() bool { return far.count() >= 5000 })
			texts, whole := far.all()
			wantLines(t, texts, 1, 5000)
			if !strings.Contains(whole[0], " "+w.instance.Domain+" web web-v3.0-1 service [gondor@32473 id=") {
				t.Errorf("a line is told as %s", whole[0])
			}
			w.eventually("they are counted", func() bool { return drains.DrainState(drain.ID).Sent == 5000 })
		})
	}
}

// secured is a syslog server with TLS, whose certificate the world trusts.
func secured(t *testing.T, w *world) *syslogServer {
	far := newSyslogServer(t)
	config := certified(t, w).TLS
	far.wrap = func(l net.Listener) net.Listener { return tls.NewListener(l, config) }
	return far
}

func TestASyslogServerThatGoesAndComesBackMissesNothing(t *testing.T) {
	w := newWorld(t)
	far := newSyslogServer(t)
	far.up()
	w.add("syslog://" + far.address)
	_, _ = w.begin()
	for i := range 20 {
		if i%2 == 1 {
			far.down()
		}
		w.write(i*100+1, i*100+100)
		if i%2 == 0 {
			w.eventually("lines come", func() bool { return len(far.once()) > i*100 })
		}
		if i%2 == 1 {
			far.up()
		}
	}
	w.eventually("all lines are there", func() bool { return len(far.once()) >= 2000 })
	wantLines(t, far.once(), 1, 2000)
	texts, _ := far.all()
	t.Logf("%d of %d lines came twice", len(texts)-2000, 2000)
}

// TestWhatAServerHadNotReadWhenItEndedIsSentAgain has a server take a connection, read nothing
// of what its machine acknowledges, and end.
func TestWhatAServerHadNotReadWhenItEndedIsSentAgain(t *testing.T) {
	w := newWorld(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	drain := w.add("syslog://" + listener.Addr().String())
	drains, _ := w.begin()
	w.write(1, 10)
	deaf, err := listener.Accept()
	must(t, err)
	w.eventually("its machine has the lines", func() bool { return drains.DrainState(drain.ID).Sent == 10 })
	must(t, deaf.Close())
	must(t, listener.Close())
	far := newSyslogServer(t)
	far.address = listener.Addr().String()
	far.up()
	w.write(11, 20)
	w.eventually("all lines are there", func() bool { return far.count() >= 20 })
	texts, _ := far.all()
	wantLines(t, texts, 1, 20)
}

func TestWhatAServerHadReadWhenItClosedIsNotSentAgain(t *testing.T) {
	w := newWorld(t)
	far := newSyslogServer(t)
	far.up()
	w.add("syslog://" + far.address)
	_, _ = w.begin()
	w.write(1, 10)
	w.eventually("they are there", func() bool { return far.count() == 10 })
	far.down()
	far.up()
	w.write(11, 20)
	w.eventually("all lines are there", func() bool { return far.count() >= 20 })
	texts, _ := far.all()
	wantLines(t, texts, 1, 20)
}

// TestAFarEndThatNeverReads holds that it costs the site nothing and Gondor a batch, and that
// the lines come when it reads again.
func TestAFarEndThatNeverReads(t *testing.T) {
	w := newWorld(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	accepted := make(chan net.Conn, 100)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
			accepted <- conn
		}
	}()
	w.options.Timing.Patience, w.options.Timing.Linger = 300*time.Millisecond, time.Second // batches are full
	drain := w.add("syslog://" + listener.Addr().String())
	drains, stop := w.begin()
	const lines = 100_000 // 20 MB as messages
	before := heap()
	slowest := time.Duration(0)
	for i := 1; i <= lines; i += 1000 {
		at := time.Now()
		w.write(i, i+999)
		slowest = max(slowest, time.Since(at))
	}
	t.Logf("the slowest write of 1,000 lines took %v", slowest)
	if slowest > time.Second {
		t.Errorf("a write took %v", slowest)
	}
	w.eventually("it is told", func() bool {
		failure := drains.DrainState(drain.ID).Failure
		return strings.Contains(failure, "takes nothing more for 300ms") || strings.Contains(failure, "does not answer within 300ms")
	})
	grown := heap() - before
	t.Logf("the heap has grown by %d KB", grown>>10)
	if grown > 10<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	begin := time.Now()
	stop()
	if took := time.Since(begin); took > time.Second {
		t.Errorf("its end took %v", took)
	}
	must(t, listener.Close())
	for len(accepted) > 0 {
		conn := <-accepted
		_, _ = io.CopyN(io.Discard, conn, 1)
		must(t, conn.Close())
	}
	far := newSyslogServer(t)
	far.address = listener.Addr().String()
	far.up()
	_, _ = w.begin()
	w.eventually("lines come again", func() bool { return far.count() > 1000 })
}

// heap is how much of it is in use.
func heap() int64 {
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return int64(now.HeapAlloc)
}
