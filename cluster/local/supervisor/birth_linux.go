package supervisor

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// stat is what this package needs of /proc/PID/stat (proc_pid_stat(5)).
type stat struct {
	state   string
	session int
	started string // in clock ticks since the machine started
}

var errStat = errors.New("not a line of /proc/PID/stat")

func readStat(pid int) (stat, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	return parseStat(string(data))
}

// parseStat reads the fields behind the program's name, which may hold anything.
func parseStat(line string) (stat, error) {
	at := strings.LastIndexByte(line, ')')
	fields := strings.Fields(line[at+1:])
	if at < 0 || len(fields) < 20 {
		return stat{}, errStat
	}
	session, err := strconv.Atoi(fields[3])
	if err != nil {
		return stat{}, errStat
	}
	return stat{state: fields[0], session: session, started: fields[19]}, nil
}

// birth identifies a process for ever: when it was started, in which run of the machine.
// An error when there is none, or only what its parent has not collected yet.
func birth(pid int) (string, error) {
	s, err := readStat(pid)
	if err != nil {
		return "", err
	}
	if s.state == "Z" || s.state == "X" {
		return "", os.ErrProcessDone
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	return s.started + "@" + strings.TrimSpace(string(boot)), nil
}
