package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// torrentRole makes this program one that writes lines at a rate.
const torrentRole = "torrent"

// torrentLine is how long a line of it is, in bytes, its newline included.
const torrentLine = 100

// writeTorrent writes lines to the standard output, so many at so many a second, each with
// one write.
func writeTorrent(lines, rate string) error {
	count, err := strconv.Atoi(lines)
	if err != nil {
		return err
	}
	each, err := strconv.Atoi(rate)
	if err != nil {
		return err
	}
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for n := 0; n < count; <-tick.C {
		for due := min(count, int(time.Since(began).Seconds()*float64(each))); n < due; n++ {
			if _, err := os.Stdout.WriteString(torrentText(n) + "\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

func torrentText(n int) string {
	text := fmt.Sprintf("line %08d ", n)
	return text + strings.Repeat("x", torrentLine-1-len(text))
}
