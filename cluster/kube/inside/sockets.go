package inside

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// socket is a TCP socket of the container.
type socket struct {
	local netip.AddrPort
	state uint8
}

// The states of sockets that matter (the kernel's include/net/tcp_states.h).
const (
	established = 0x01
	listening   = 0x0A
)

// sockets yields the TCP sockets of this network namespace, which is the pod's own.
func sockets() iter.Seq2[socket, error] {
	return func(yield func(socket, error) bool) {
		for _, path := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
			for s, err := range socketsOf(path) {
				if !yield(s, err) {
					return
				}
			}
		}
	}
}

// socketsOf reads one table; none when there is no such table, as without IPv6.
func socketsOf(path string) iter.Seq2[socket, error] {
	return func(yield func(socket, error) bool) {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(socket{}, fmt.Errorf("read the sockets: %w", err))
			return
		}
		defer func() { _ = f.Close() }() // it was only read
		readSockets(f)(yield)
	}
}

// readSockets reads a table as /proc/net/tcp has it (proc_net_tcp.txt of the kernel):
// after a line of titles, a line per socket with its number, local and remote address and
// state. Lines that are none are passed over.
func readSockets(table io.Reader) iter.Seq2[socket, error] {
	return func(yield func(socket, error) bool) {
		lines := bufio.NewScanner(table)
		for lines.Scan() {
			if s, ok := parseSocket(lines.Text()); ok && !yield(s, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(socket{}, fmt.Errorf("read the sockets: %w", err))
		}
	}
}

func parseSocket(line string) (socket, bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return socket{}, false
	}
	local, ok := parseAddress(fields[1])
	state, err := strconv.ParseUint(fields[3], 16, 8)
	return socket{local: local, state: uint8(state)}, ok && err == nil
}

// parseAddress reads "0100007F:1F90": the address in words of 32 bits as this machine
// holds them, the port in hexadecimal.
func parseAddress(text string) (netip.AddrPort, bool) {
	host, number, _ := strings.Cut(text, ":")
	port, err := strconv.ParseUint(number, 16, 16)
	raw, failed := hex.DecodeString(host)
	if err != nil || failed != nil {
		return netip.AddrPort{}, false
	}
	for word := raw; len(word) >= 4; word = word[4:] {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	address, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(address.Unmap(), uint16(port)), ok
}
