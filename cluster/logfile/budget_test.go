package logfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gondor/app"
)

const (
	shopWeb    app.LogName = "instance/shop/service/web"
	shopWorker app.LogName = "instance/shop/service/worker"
	shopV1     app.LogName = "instance/shop/release/v1"
	blogWeb    app.LogName = "instance/blog/service/web"
)

func shared() Limits { return Limits{Instance: 10_000, Log: 4000, Segment: 1000} }

// chatter writes so many lines of a hundred bytes.
func chatter(t *testing.T, s *Store, name app.LogName, lines int) {
	t.Helper()
	for i := range lines {
		must(t, s.Append(name, fmt.Sprintf("line %04d %s", i, strings.Repeat("x", 60))))
	}
}

// onDisk is how many bytes the files of an instance have.
func onDisk(t *testing.T, dir, instance string) (total int64) {
	t.Helper()
	must(t, filepath.Walk(filepath.Join(dir, "instance", instance), func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
		return nil
	}))
	return total
}

func TestTheLogsOfAnInstanceHaveOneBudgetAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, shared())
	chatter(t, s, blogWeb, 50)
	blog := onDisk(t, dir, "blog")
	for i := range 300 {
		chatter(t, s, shopWeb, 2)
		chatter(t, s, shopWorker, 1)
		if got := onDisk(t, dir, "shop"); got > shared().Instance {
			t.Fatalf("after %d rounds there are %d bytes", i, got)
		}
	}
	if got := onDisk(t, dir, "shop"); got < shared().Instance-2*shared().Segment {
		t.Errorf("only %d bytes are kept", got)
	}
	if got := onDisk(t, dir, "blog"); got != blog {
		t.Errorf("another instance has %d bytes, before %d", got, blog)
	}
}

func TestTheBudgetHoldsForWhatAnEarlierProcessLeft(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, shared())
	chatter(t, s, shopWorker, 90)
	must(t, s.Shut())
	s = NewStore(dir, shared())
	for range 100 {
		chatter(t, s, shopWeb, 1)
		if got := onDisk(t, dir, "shop"); got > shared().Instance {
			t.Fatalf("there are %d bytes", got)
		}
	}
}

func TestTheOldestSegmentGoesWhoeverWroteIt(t *testing.T) {
	s := NewStore(t.TempDir(), shared())
	must(t, s.Append(shopV1, "deployed"))
	must(t, s.Close(shopV1))
	chatter(t, s, shopWorker, 30)
	chatter(t, s, shopWeb, 95)
	expect(t, texts(t, s, app.LogQuery{Log: shopV1}))
	if got := texts(t, s, app.LogQuery{Log: shopWorker}); len(got) >= 30 || len(got) == 0 {
		t.Errorf("of the worker's 30 lines %d are left", len(got))
	}
}

func TestWhoWritesSeldomIsNotSilencedByItsNeighbours(t *testing.T) {
	s := NewStore(t.TempDir(), shared())
	must(t, s.Append(shopWorker, "a line of long ago"))
	chatter(t, s, shopWeb, 1000)
	expect(t, texts(t, s, app.LogQuery{Log: shopWorker}), "a line of long ago")
	must(t, s.Append(shopWorker, "and one of now"))
	expect(t, texts(t, s, app.LogQuery{Log: shopWorker}), "a line of long ago", "and one of now")
}

func TestMoreLogsThanTheBudgetHasSegmentsKeepIt(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, shared())
	for range 9 {
		for i := range 30 {
			chatter(t, s, app.LogName(fmt.Sprintf("instance/shop/service/s%d", i)), 1)
			if got := onDisk(t, dir, "shop"); got > shared().Instance {
				t.Fatalf("there are %d bytes", got)
			}
		}
	}
	if got := texts(t, s, app.LogQuery{Log: "instance/shop/service/s29"}); len(got) == 0 {
		t.Error("the newest line is gone")
	}
}

func TestManyWritersOfAnInstanceKeepItsBudgetTogether(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, shared())
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			name := app.LogName(fmt.Sprintf("instance/shop/service/s%d", i%4))
			for n := range 200 {
				if err := s.Append(name, fmt.Sprintf("writer %d line %d %s", i, n, strings.Repeat("x", 60))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	if got := onDisk(t, dir, "shop"); got > shared().Instance || got < shared().Instance/2 {
		t.Errorf("there are %d bytes", got)
	}
}

func TestADroppedInstanceLeavesNoDirectories(t *testing.T) {
	dir := t.TempDir()
	s := NewStore(dir, shared())
	chatter(t, s, shopWeb, 1)
	chatter(t, s, shopV1, 1)
	must(t, s.Drop(shopWeb))
	must(t, s.Drop(shopV1))
	if _, err := os.Stat(filepath.Join(dir, "instance", "shop")); !os.IsNotExist(err) {
		t.Errorf("its directory is there: %v", err)
	}
	chatter(t, s, shopWeb, 1)
	if got := texts(t, s, app.LogQuery{Log: shopWeb}); len(got) != 1 {
		t.Errorf("afterwards it has %q", got)
	}
}
