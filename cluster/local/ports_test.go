package local

import (
	"net"
	"testing"

	"gondor/app"
)

func TestAPortIsGivenOnceAndOnlyWhenItCanBeBound(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	port := taken.Addr().(*net.TCPAddr).Port
	only := newPorts(port, port, "dir")
	if got, err := only.take(); app.CodeOf(err) != app.CodeUnavailable {
		t.Errorf("a port that is in use is given, %d, %v", got, err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := only.take(); got != port || err != nil {
		t.Errorf("a free port is given as %d, %v", got, err)
	}
	if got, err := only.take(); err == nil {
		t.Errorf("%d is given twice", got)
	}
	only.free(port)
	if got, err := only.take(); got != port || err != nil {
		t.Errorf("a port that was given back is given as %d, %v", got, err)
	}
}
