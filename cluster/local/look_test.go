package local

import (
	"net"
	"os"
	"runtime"
	"strconv"
	"testing"
)

func TestTheListeningPortOfAProcessIsFound(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if got, want := listeningPort(os.Getpid()), strconv.Itoa(listener.Addr().(*net.TCPAddr).Port); got != want {
		t.Errorf("it listens on %q, want %q", got, want)
	}
}

func FuzzFindListening(f *testing.F) {
	f.Add("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1", "4242")
	f.Fuzz(func(t *testing.T, table, inode string) {
		port := findListening(table, map[string]bool{inode: true})
		if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 0 || n > 65535) {
			t.Errorf("the port is %q", port)
		}
	})
}
