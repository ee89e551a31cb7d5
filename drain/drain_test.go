package drain

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster/logfile"
)

func TestADrainBeginsWithWhatIsWrittenAfterItWasMade(t *testing.T) {
	w := newWorld(t)
	far := newEndpoint(t)
	far.up()
	w.writeAt(time.Now().Add(-time.Second), 1, 100)
	drain := w.add(far.url())
	w.write(101, 200)
	drains, _ := w.begin()
	w.write(201, 300)
	w.eventually("all lines are there", func() bool { return far.count() >= 200 })
	texts, whole := far.all()
	wantLines(t, texts, 101, 300)
	if !strings.Contains(whole[0], `"site":"team/shop","instance":"primary","kind":"service","service":"web","replica":"web-v3.0-1","release":3`) {
		t.Errorf("a line is told as %s", whole[0])
	}
	if header := far.header(); header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("the request has %v", header)
	}
	w.eventually("it is counted", func() bool { return drains.DrainState(drain.ID).Sent == 200 })
	if state := drains.DrainState(drain.ID); state.Failure != "" || state.Behind != 0 || state.Success.IsZero() || state.Lost != 0 {
		t.Errorf("it stands as %+v", state)
	}
}

// TestAFarEndThatIsDownForAnHour goes through an hour in 3.6 seconds: clocks and pauses are a
// thousand times as fast.
func TestAFarEndThatIsDownForAnHour(t *testing.T) {
	w := newWorld(t)
	far := newEndpoint(t)
	begin := time.Now()
	clock := func() time.Time { return begin.Add(time.Since(begin) * 1000) }
	w.options.Now = clock
	drain := w.add(far.url())
	drains, _ := w.begin()
	const lines = 18_000
	slowest := time.Duration(0)
	for i := 1; i <= lines; i += 100 {
		at := time.Now()
		w.writeAt(clock(), i, i+99)
		slowest = max(slowest, time.Since(at))
		time.Sleep(time.Until(begin.Add(time.Duration(i) * 200 * time.Microsecond))) // five lines of each second
	}
	w.eventually("an hour has gone", func() bool { return clock().Sub(begin) > time.Hour })
	state := drains.DrainState(drain.ID)
	if state.Sent != 0 || state.Behind < 55*time.Minute || clock().Sub(state.Failing) < 55*time.Minute ||
		!strings.HasPrefix(state.Failure, "connection refused by "+far.address+"; tried again ") {
		t.Errorf("meanwhile it stands as %+v", state)
	}
	far.up()
	w.eventually("all lines are there", func() bool { return far.count() >= lines })
	texts, _ := far.all()
	wantLines(t, texts, 1, lines)
	w.eventually("it is well again", func() bool { return drains.DrainState(drain.ID).Sent == lines })
	if state := drains.DrainState(drain.ID); state.Failure != "" || !state.Failing.IsZero() || state.Lost != 0 {
		t.Errorf("then it stands as %+v", state)
	}
	said := w.said.String()
	if strings.Count(said, "a drain can't send") != 1 || strings.Count(said, "a drain sends again") != 1 || strings.Contains(said, "s3cr3t") {
		t.Errorf("the operator is told:\n%s", said)
	}
	t.Logf("the slowest of %d writes took %v", lines/100, slowest)
	if slowest > time.Second {
		t.Errorf("a write took %v", slowest)
	}
}

func TestLinesThatLeaveTheirLogBeforeTheyAreSentAreCountedAndTold(t *testing.T) {
	w := newWorld(t)
	w.limited(logfile.Limits{Instance: 40 << 10, Log: 40 << 10, Segment: 10 << 10})
	far := newEndpoint(t)
	drain := w.add(far.url())
	drains, stop := w.begin()
	w.write(1, 1)
	w.eventually("the far end is missed", func() bool { return drains.DrainState(drain.ID).Failure != "" })
	for i := 2; i <= 2000; i += 3 {
		w.write(i, min(i+2, 2000))
	}
	stop() // what the drain had in its hands is read again
	drains, _ = w.begin()
	far.up()
	w.eventually("the last line is there", func() bool {
		texts, _ := far.all()
		return len(texts) > 0 && texts[len(texts)-1] == text(2000)
	})
	texts, whole := far.all()
	first := 2000 - (len(texts) - 2)
	wantLines(t, texts[1:], first, 2000)
	missing := fmt.Sprintf("%d lines are missing here: they left the log before %s could take them.", first-1, far.address)
	if texts[0] != missing || !strings.Contains(whole[0], `"stream":"gondor"`) {
		t.Errorf("the gap is told as %s, want %q", whole[0], missing)
	}
	w.eventually("they are counted", func() bool { return drains.DrainState(drain.ID).Lost == uint64(first-1) })
}

func TestALogThatIsClosedAndGoesOnHasLostNothing(t *testing.T) {
	w := newWorld(t)
	far := newEndpoint(t)
	far.up()
	drain := w.add(far.url())
	drains, _ := w.begin()
	w.write(1, 10)
	must(t, w.logs.Close(app.ServiceLog(w.service)))
	w.write(11, 20)
	w.eventually("all lines are there", func() bool { return far.count() >= 20 })
	texts, _ := far.all()
	wantLines(t, texts, 1, 20)
	if lost := drains.DrainState(drain.ID).Lost; lost != 0 {
		t.Errorf("%d lines are said to be lost", lost)
	}
}

func TestAfterARestartADrainGoesOnWhereItWas(t *testing.T) {
	w := newWorld(t)
	far := newEndpoint(t)
	far.up()
	drain := w.add(far.url())
	drains, stop := w.begin()
	w.write(1, 500)
	w.eventually("they are there", func() bool { return drains.DrainState(drain.ID).Sent == 500 })
	stop()
	w.write(501, 1000)
	drains, _ = w.begin()
	w.eventually("the rest is there", func() bool { return far.count() >= 1000 })
	texts, _ := far.all()
	wantLines(t, texts, 1, 1000)
	w.eventually("it is counted on", func() bool { return drains.DrainState(drain.ID).Sent == 1000 })
}

func TestADrainWhosePlaceIsDamagedSendsAllAgain(t *testing.T) {
	w := newWorld(t)
	far := newEndpoint(t)
	far.up()
	drain := w.add(far.url())
	drains, stop := w.begin()
	w.write(1, 10)
	w.eventually("they are there", func() bool { return drains.DrainState(drain.ID).Sent == 10 })
	stop()
	must(t, os.WriteFile(w.place(drain), []byte("{"), 0o600))
	w.write(11, 20)
	_, _ = w.begin()
	w.eventually("all lines are there", func() bool { return far.count() >= 30 })
	texts, _ := far.all()
	wantLines(t, texts[10:], 1, 20)
	if !strings.Contains(w.said.String(), "sends again all that was written since it was made") {
		t.Errorf("the operator is told:\n%s", w.said)
	}
}

func TestOneOffsAreSentToTheirEndAndNotLookedAtAgain(t *testing.T) {
	w := newWorld(t)
	far := newEndpoint(t)
	far.up()
	drain := w.add(far.url())
	_, stop := w.begin()
	release := app.Release{ID: app.NewID[app.Release](time.Now()), Instance: w.instance.ID, Number: 1, State: app.ReleasePreparing, Created: time.Now()}
	put := func() {
		must(t, w.store.Update(t.Context(), func(tx app.Tx) error { return tx.Releases().Put(release) }))
	}
	put()
	must(t, w.logs.Append(app.ReleaseLog(release), "migrating"))
	w.eventually("the first line is there", func() bool { return far.count() == 1 })
	release.State, release.Ended = app.ReleaseActive, time.Now()
	put()
	must(t, w.logs.Append(app.ReleaseLog(release), "v1 is active."))
	must(t, w.logs.Close(app.ReleaseLog(release)))
	w.eventually("its last word is there", func() bool { return far.count() == 2 })
	w.eventually("its place is forgotten", func() bool {
		w.write(1, 1) // a drain notes when it sends
		place, err := openPlace(w.options.Dir, drain)
		must(t, err)
		_, known := place.Logs[app.ReleaseLog(release)]
		return !known
	})
	stop()
	before := far.count()
	_, _ = w.begin()
	w.write(2, 2)
	w.eventually("the drain goes on", func() bool { return far.count() > before })
	texts, whole := far.all()
	if texts[0] != "migrating" || texts[1] != "v1 is active." || !strings.Contains(whole[1], `"kind":"release","release":1,`) {
		t.Errorf("of the release came %q", whole[:2])
	}
	if n := strings.Count(strings.Join(texts, "\n"), "migrating"); n != 1 {
		t.Errorf("it was sent %d times", n)
	}
}

func TestADrainThatIsDeletedWhileItSendsEndsAtOnceAndLeavesNothing(t *testing.T) {
	for name, erase := range map[string]func(*world, app.Drain) error{
		"the drain": func(w *world, d app.Drain) error { return w.app.DeleteDrain(w.Context(), admin, d.ID) },
		"its instance": func(w *world, d app.Drain) error {
			return w.app.DeleteInstance(w.Context(), admin, w.instance.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Timing.Patience = time.Hour
			far := newEndpoint(t)
			asked, hang := make(chan struct{}, 100), make(chan struct{})
			defer close(hang)
			first := true
			far.answers(func(http.ResponseWriter, []byte) bool {
				if first {
					first = false
					return true
				}
				asked <- struct{}{}
				<-hang
				return false
			})
			far.up()
			drain := w.add(far.url())
			drains, _ := w.begin()
			w.write(1, 1)
			w.eventually("its place is noted", func() bool { return exists(w.place(drain)) })
			w.write(2, 10)
			<-asked
			must(t, erase(w, drain))
			w.eventually("its place is gone", func() bool { return !exists(w.place(drain)) })
			if state := drains.DrainState(drain.ID); state != (app.DrainState{}) {
				t.Errorf("it stands as %+v", state)
			}
		})
	}
}

func TestAFarEndThatAnswersSlowlyGetsEverythingInOrder(t *testing.T) {
	w := newWorld(t)
	w.options.Timing.Linger = 50 * time.Millisecond
	far := newEndpoint(t)
	far.answers(slowly(100 * time.Millisecond))
	far.up()
	w.add(far.url())
	_, _ = w.begin()
	for i := range 50 {
		w.write(i*100+1, i*100+100)
	}
	w.eventually("all lines are there", func() bool { return far.count() >= 5000 })
	texts, _ := far.all()
	wantLines(t, texts, 1, 5000)
}
