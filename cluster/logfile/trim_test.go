package logfile

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"gondor/app"
	"gondor/test/smalldisk"
)

func use(t *testing.T, s *Store) (total int64) {
	t.Helper()
	logs, err := s.Use()
	must(t, err)
	for _, one := range logs {
		total += one
	}
	return total
}

func trim(t *testing.T, s *Store, most int64) {
	t.Helper()
	left, err := s.Trim(t.Context(), most)
	must(t, err)
	if now := use(t, s); left != now {
		t.Errorf("it says that %d bytes are left, and there are %d", left, now)
	}
}

func TestTheOldestSegmentsOfAllLogsGoFirst(t *testing.T) {
	s := NewStore(t.TempDir(), Limits{Log: 1 << 20, Segment: 1000})
	must(t, s.Append("build/a", "built"))
	must(t, s.Close("build/a"))
	fill(t, s, 1, 100)
	must(t, s.Append("service/quiet", "a line of long ago"))

	trim(t, s, 5000)
	if got := use(t, s); got > 5000 || got < 3000 {
		t.Errorf("%d bytes are left of 5000", got)
	}
	lines := texts(t, s, app.LogQuery{Log: web})
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "line 0100") || len(lines) > 60 {
		t.Errorf("%d lines are left, %q is the last", len(lines), last)
	}
	expect(t, texts(t, s, app.LogQuery{Log: "build/a"}), "built")

	trim(t, s, 0)
	expect(t, texts(t, s, app.LogQuery{Log: "build/a"}))
	expect(t, texts(t, s, app.LogQuery{Log: "service/quiet"}), "a line of long ago")
	if lines := texts(t, s, app.LogQuery{Log: web}); len(lines) == 0 {
		t.Error("a log that is written to has lost its last segment")
	}
	must(t, s.Append("build/a", "again"))
	expect(t, texts(t, s, app.LogQuery{Log: "build/a"}), "again")
}

func TestWhatIsNoLogIsNeitherCountedNorRemoved(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, tiny())
	must(t, s.Append(web, "one"))
	before := use(t, s)
	foreign := dir + "/service/web/notes.txt"
	must(t, os.WriteFile(foreign, []byte("of somebody else"), 0o600))
	if got := use(t, s); got != before {
		t.Errorf("with a foreign file it has %d bytes, before %d", got, before)
	}
	must(t, s.Close(web))
	trim(t, s, 0)
	if _, err := os.Stat(foreign); err != nil {
		t.Error(err)
	}
}

func TestOnAFullDiskALogDropsItsOldestLines(t *testing.T) {
	disk := smalldisk.Mount(t, 1<<20)
	s := NewStore(disk+"/logs", Limits{Log: 1 << 20, Segment: 32 << 10})
	for i := range 100 {
		must(t, s.Append(web, fmt.Sprintf("line %04d %s", i, strings.Repeat("x", 1000))))
	}
	hog := smalldisk.Fill(t, disk)
	for i := 100; i < 400; i++ {
		must(t, s.Append(web, fmt.Sprintf("line %04d %s", i, strings.Repeat("x", 1000))))
	}
	lines := texts(t, s, app.LogQuery{Log: web})
	if len(lines) < 20 || !strings.HasPrefix(lines[len(lines)-1], "line 0399") {
		t.Errorf("of 400 lines it has %d", len(lines))
	}
	must(t, os.Remove(hog))
	must(t, s.Append(web, "there is room again"))
	expect(t, texts(t, s, app.LogQuery{Log: web, Last: 1}), "there is room again")
}

func TestWhoFollowsALogOnAFullDiskMissesNoMoreThanWhatWasDropped(t *testing.T) {
	disk := smalldisk.Mount(t, 1<<20)
	s := NewStore(disk+"/logs", Limits{Log: 1 << 20, Segment: 512 << 10})
	must(t, s.Append(web, "the first"))
	seen := make(chan string)
	go func() {
		defer close(seen)
		for line, err := range s.Lines(t.Context(), app.LogQuery{Log: web, Follow: true}) {
			if err != nil {
				return
			}
			seen <- line.Text
		}
	}()
	expect(t, []string{<-seen}, "the first")
	smalldisk.Fill(t, disk)
	for i := range 20 {
		text := fmt.Sprintf("line %d %s", i, strings.Repeat("x", 1000))
		must(t, s.Append(web, text))
		expect(t, []string{<-seen}, text)
	}
}
