package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// forgetStart gives back the pages of the program itself that only its start has read:
// two thirds of what an idle server would hold for ever, as the packages of Kubernetes
// prepare for all that anybody may ask of them. Those that are needed again come back
// from the page cache, one by one. It fails where /proc is not mounted.
func forgetStart() error {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer func() { _ = maps.Close() }() // it was only read
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		first, after, ok := readOnly(lines.Text(), program)
		if !ok {
			continue
		}
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, first, after-first, unix.MADV_DONTNEED); errno != 0 {
			return fmt.Errorf("give back pages of the program: %w", errno)
		}
	}
	return lines.Err()
}

// readOnly reads a line of /proc/PID/maps, proc(5). It returns where the mapping begins
// and ends, and whether it is one of the program's file that nothing writes to: one that
// is the same when it is read again.
func readOnly(line, program string) (first, after uintptr, ok bool) {
	var permissions string
	if _, err := fmt.Sscanf(line, "%x-%x %s", &first, &after, &permissions); err != nil {
		return 0, 0, false
	}
	return first, after, strings.HasSuffix(line, " "+program) && permissions[0] == 'r' && permissions[1] == '-'
}
