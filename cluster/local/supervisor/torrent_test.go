package supervisor

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster/logfile"
)

// What a torrent is: ten processes, a thousand lines a second each, a hundred bytes a line.
const (
	envTorrent     = "SUPERVISOR_TEST_TORRENT" // makes the test binary one of them: its number of lines
	envTally       = "SUPERVISOR_TEST_TALLY"   // the file in which it says how many it has written
	envBudget      = "SUPERVISOR_TEST_BUDGET"  // of an instance's logs, in bytes
	envSeconds     = "GONDOR_TORRENT_SECONDS"  // how long the torrent is; 60 is what Gondor promises, 5 the default
	torrentWriters = 10
	torrentRate    = 1000
	torrentLine    = 100
)

// beTorrent writes so many lines at the rate, each with one write.
func beTorrent(text string) {
	lines, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	tally, err := os.Create(os.Getenv(envTally))
	if err != nil {
		panic(err)
	}
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	for n := 0; n < lines; <-tick.C {
		for due := min(lines, int(time.Since(began).Seconds()*torrentRate)); n < due; n++ {
			if _, err := os.Stdout.WriteString(torrentText(n) + "\n"); err != nil {
				os.Exit(1)
			}
			if _, err := fmt.Fprintf(tally, "%08d\n", n+1); err != nil {
				os.Exit(2)
			}
		}
	}
	os.Exit(0)
}

func torrentText(n int) string {
	text := fmt.Sprintf("line %08d ", n)
	return text + strings.Repeat("x", torrentLine-1-len(text))
}

func torrentSeconds(t *testing.T) int {
	t.Helper()
	seconds, err := strconv.Atoi(os.Getenv(envSeconds))
	if err != nil {
		return 5
	}
	return seconds
}

// torrent is ten processes of an instance that write as two services.
type torrent struct {
	*testing.T
	client *Client
	dir    string
	lines  int // of each process
}

func newTorrent(t *testing.T, budget int64) torrent {
	t.Helper()
	t.Setenv(envBudget, strconv.FormatInt(budget, 10))
	f := torrent{T: t, dir: t.TempDir(), lines: torrentSeconds(t) * torrentRate}
	f.client = launch(t, f.dir)
	for i := range torrentWriters {
		s := sh(torrentID(i), "")
		s.Argv = []string{os.Args[0]}
		s.Env = []string{envTorrent + "=" + strconv.Itoa(f.lines), envTally + "=" + f.tally(i)}
		s.Log = torrentLog(i)
		start(t, f.client, s)
	}
	return f
}

func torrentID(i int) string         { return fmt.Sprintf("web-%d", i) }
func torrentLog(i int) app.LogName   { return app.LogName(fmt.Sprintf("instance/shop/service/s%d", i%2)) }
func (f torrent) tally(i int) string { return filepath.Join(f.dir, fmt.Sprintf("tally-%d", i)) }

// written is how many lines a process has written.
func (f torrent) written(i int) int {
	f.Helper()
	data, err := os.ReadFile(f.tally(i))
	if err != nil {
		f.Fatal(err)
	}
	return len(data) / len("00000000\n")
}

// kept reads the numbers of the lines of each process, and holds that they follow each other.
func (f torrent) kept() (first, end [torrentWriters]int) {
	f.Helper()
	for i := range first {
		first[i] = -1
	}
	for service := range 2 {
		for line, err := range f.client.Lines(f.Context(), app.LogQuery{Log: torrentLog(service)}) {
			if err != nil {
				f.Fatal(err)
			}
			var writer, n int
			if line.Stream != app.Stdout {
				continue // the supervisor tells of the end
			}
			if _, err := fmt.Sscanf(line.Replica+" "+line.Text, "web-%d line %d", &writer, &n); err != nil || line.Text != torrentText(n) {
				f.Fatalf("there is the line %q of %s", line.Text, line.Replica)
			}
			if first[writer] < 0 {
				first[writer], end[writer] = n, n
			}
			if n != end[writer] {
				f.Fatalf("behind line %d of process %d comes %d", end[writer]-1, writer, n)
			}
			end[writer]++
		}
	}
	return first, end
}

// bytes is how much the logs of the instance take.
func (f torrent) bytes() (total int64) {
	f.Helper()
	err := filepath.WalkDir(filepath.Join(f.dir, "logs", "instance"), func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // a segment that goes meanwhile takes nothing
		}
		if info, err := entry.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	return total
}

// wait waits for all processes, and calls fn now and then meanwhile.
func (f torrent) wait(fn func()) {
	f.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range torrentWriters {
			if exit, err := f.client.Wait(f.Context(), torrentID(i)); err != nil || exit.Code != 0 {
				f.Errorf("process %d ended with %+v, %v", i, exit, err)
			}
		}
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			fn()
		}
	}
}

func TestOfATorrentOfLinesNoneIsLost(t *testing.T) {
	budget := logfile.DefaultLimits().Instance
	f := newTorrent(t, budget)
	began := time.Now()
	f.wait(func() {
		if got := f.bytes(); got > budget {
			t.Fatalf("the logs have %d bytes", got)
		}
	})
	took := time.Since(began)
	first, end := f.kept()
	for i := range end {
		if first[i] != 0 || end[i] != f.lines || f.written(i) != f.lines {
			t.Errorf("of %d lines of process %d, which wrote %d, those from %d to %d are kept", f.lines, i, f.written(i), first[i], end[i])
		}
	}
	t.Logf("%d lines in %.1f s, all kept in order, %d MB", torrentWriters*f.lines, took.Seconds(), f.bytes()>>20)
}

func TestATorrentOfLinesKeepsTheBudget(t *testing.T) {
	const budget = 3 << 20
	f := newTorrent(t, budget)
	most := int64(0)
	f.wait(func() {
		if most = max(most, f.bytes()); most > budget {
			t.Fatalf("the logs have %d bytes of %d", most, budget)
		}
	})
	first, end := f.kept()
	for i := range end {
		if first[i] == 0 || end[i] != f.lines {
			t.Errorf("of %d lines of process %d those from %d to %d are kept; the oldest should go", f.lines, i, first[i], end[i])
		}
	}
	if most < budget/2 {
		t.Errorf("it never had more than %d bytes", most)
	}
}

// lostAtMost is how many bytes that a process has written can be lost when the supervisor is
// killed: what its pipe holds, and what was read from it and not yet written to the log.
const lostAtMost = 64<<10 + maxData/2

func TestAKillOfTheSupervisorInATorrentLosesWhatStandsInPipesAndCorruptsNothing(t *testing.T) {
	f := newTorrent(t, logfile.DefaultLimits().Instance)
	eventually(t, "all write", func() bool {
		for i := range torrentWriters {
			if data, err := os.ReadFile(f.tally(i)); err != nil || len(data) < torrentRate*len("00000000\n") {
				return false
			}
		}
		return true
	})
	murder(t, f.client)
	f.client = launch(t, f.dir)
	for i := range torrentWriters {
		wait(t, f.client, torrentID(i))
	}
	first, end := f.kept()
	lost := 0
	for i := range end {
		missing := f.written(i) - end[i]
		if first[i] != 0 || missing < -1 || missing > lostAtMost/torrentLine {
			t.Errorf("process %d wrote %d lines, and those from %d to %d are kept; at most %d may be lost", i, f.written(i), first[i], end[i], lostAtMost/torrentLine)
		}
		lost += max(0, missing)
	}
	t.Logf("of %d processes %d lines are lost, at most %d each may be: what stood in its pipe, or was read and not written", torrentWriters, lost, lostAtMost/torrentLine)
	must(t, f.client.Append(t.Context(), torrentLog(0), "after the kill"))
	texts := logTexts(t, f.client, torrentLog(0))
	if last := texts[len(texts)-1]; last != "gondor after the kill" {
		t.Errorf("the last line is %q", last)
	}
}
