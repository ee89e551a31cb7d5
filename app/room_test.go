package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gondor/app"
)

// disk is a disk of which a test says how full it is.
type disk struct {
	free, caches, logs, kept int64
	asked                    []string // what was asked of it, in order
}

func (d *disk) Space(context.Context) (app.DiskSpace, error) {
	return app.DiskSpace{Total: 10_000, Free: d.free, Reserve: 100, Budget: 1000, Artifacts: true}, nil
}

func (d *disk) Parts(context.Context) ([]app.DiskPart, error) {
	d.asked = append(d.asked, "parts")
	return []app.DiskPart{
		{Kind: app.DiskArtifacts, Used: d.kept},
		{Kind: app.DiskCaches, Used: d.caches},
		{Kind: app.DiskLogs, Used: d.logs},
		{Kind: app.DiskSiteData, Used: 5000},
		{Kind: app.DiskOther, Used: 5000},
	}, nil
}

func (d *disk) DropCaches(context.Context, int64) error {
	d.asked = append(d.asked, "caches")
	d.free, d.caches = d.free+d.caches, 0
	return nil
}

func (d *disk) DropLogs(context.Context, int64) error {
	d.asked = append(d.asked, "logs")
	d.free, d.logs = d.free+d.logs, 0
	return nil
}

// keeper is a Builder that is asked to keep artifacts.
type keeper struct {
	app.Builder
	disk *disk
}

func (k keeper) Keep(context.Context, time.Time, []app.ID[app.Build], []app.ID[app.Site]) error {
	k.disk.asked = append(k.disk.asked, "artifacts")
	return nil
}

func TestADeployIsRefusedOnlyWhenThereIsNoRoomToBeMade(t *testing.T) {
	for _, c := range []struct {
		name string
		disk disk
		asks []string // besides measuring
		says string   // nothing: the deploy may go on
	}{
		{"there is room", disk{free: 1000, kept: 500}, nil, ""},
		{"caches make room on the disk", disk{free: 50, caches: 100}, []string{"caches"}, ""},
		{"and so do logs, in the end", disk{free: 50, caches: 10, logs: 100}, []string{"caches", "artifacts", "logs"}, ""},
		{"the disk is full", disk{free: 50, caches: 10}, []string{"caches", "artifacts", "logs"}, "60 bytes of the disk are free, and it takes 130 bytes, of which 100 bytes are kept free"},
		{"caches make room in the budget", disk{free: 5000, kept: 900, caches: 100}, []string{"caches"}, ""},
		{"the budget is used up", disk{free: 5000, kept: 990}, []string{"caches", "artifacts", "logs"}, "Gondor may keep 1 kB and keeps 990 bytes, and this takes 30 bytes more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			site := w.site(w.team("team", nil), "shop")
			must(t, w.Store.Update(w.ctx, func(tx app.Tx) error {
				return tx.Builds().Put(app.Build{ID: "last", Site: site.ID, State: app.BuildSucceeded, Ended: w.clock, Artifact: app.Artifact{Ref: "last", Size: 30}})
			}))
			w.Disk, w.Builder = &c.disk, keeper{disk: &c.disk}
			_, err := w.CreateBuild(w.ctx, w.admin, app.NewBuild{Site: site.ID})
			if c.says == "" {
				must(t, err)
			} else if app.CodeOf(err) != app.CodeFull || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it is told %v", err)
			}
			asked := slices.DeleteFunc(c.disk.asked, func(one string) bool { return one == "parts" })
			if !slices.Equal(asked, c.asks) {
				t.Errorf("it asked for %q, want %q", asked, c.asks)
			}
		})
	}
}

// leaver is a Builder whose disk has 100 bytes on it for each artifact that is kept.
type leaver struct {
	app.Builder
	disk *disk
}

func (l leaver) Keep(_ context.Context, _ time.Time, builds []app.ID[app.Build], _ []app.ID[app.Site]) error {
	l.disk.kept = 0
	for _, id := range builds {
		if strings.HasPrefix(string(id), "build") { // one that is only announced has none
			l.disk.kept += 100
		}
	}
	return nil
}

// crowd is an instance of which seven releases have artifacts of 100 bytes: the newest
// five, the one that serves among them, and two of which replicas are still there.
func (w *world) crowd() (app.Site, []app.WorkloadRef) {
	w.t.Helper()
	site := w.site(w.team("team", nil), "shop")
	instance := w.instance(site, app.PrimaryLabel)
	w.service(instance, "web", app.Web)
	var replaced []app.WorkloadRef
	must(w.t, w.Store.Update(w.ctx, func(tx app.Tx) error {
		instance.LastRelease = 7
		if err := tx.Instances().Put(instance); err != nil {
			return err
		}
		for n := 1; n <= 7; n++ {
			id, state := fmt.Sprint("build", n), app.ReleaseRetired
			if n == 7 {
				state = app.ReleaseActive
			}
			err := errors.Join(
				tx.Builds().Put(app.Build{ID: app.ID[app.Build](id), Site: site.ID, State: app.BuildSucceeded, Ended: w.clock, SourceSize: 40, Artifact: app.Artifact{Ref: id, Size: 100}}),
				tx.Releases().Put(app.Release{ID: app.ID[app.Release](id), Instance: instance.ID, Number: n, Build: app.ID[app.Build](id), State: state, Started: w.clock, Ended: w.clock}),
			)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	for n := 1; n <= 2; n++ {
		ref := app.WorkloadRef{Instance: instance.ID, Service: "web", Release: n}
		app.Take(w.App, app.Observation{Ref: ref, Replicas: []app.Replica{{State: app.ReplicaHealthy}}})
		replaced = append(replaced, ref)
	}
	return site, replaced
}

func TestADeployWaitsForTheRoomOfReplicasThatAreLeaving(t *testing.T) {
	w := newWorld(t)
	site, replaced := w.crowd()
	full := &disk{free: 5000, kept: 900}
	w.Disk, w.Builder = full, leaver{disk: full}
	_, err := w.CreateBuild(w.ctx, w.admin, app.NewBuild{Site: site.ID})
	if must(t, err); full.kept != 700 {
		t.Fatalf("%d bytes are kept after a build was announced", full.kept)
	}
	waits, got := make(chan struct{}, 2), make(chan error, 1)
	go func() {
		release, err := app.PromiseRoom(w.ctx, w.App, 40, 300, func() { waits <- struct{}{} })
		defer release()
		got <- err
	}()
	<-waits
	app.Take(w.App, app.Observation{Ref: replaced[0], Gone: true})
	if must(t, <-got); full.kept != 600 {
		t.Errorf("%d bytes are kept when one has left", full.kept)
	}
}

func TestADeployIsRefusedWhenWhatLeavesIsTooLittle(t *testing.T) {
	w := newWorld(t)
	_, replaced := w.crowd()
	full := &disk{free: 5000, kept: 900}
	w.Disk, w.Builder = full, leaver{disk: full}
	waits, got := make(chan struct{}, 2), make(chan error, 1)
	go func() {
		_, err := app.PromiseRoom(w.ctx, w.App, 0, 600, func() { waits <- struct{}{} })
		got <- err
	}()
	for _, ref := range replaced {
		select {
		case <-waits:
			app.Take(w.App, app.Observation{Ref: ref, Gone: true})
		case err := <-got:
			t.Fatalf("it does not wait, but is told %v", err)
		}
	}
	wantCode(t, <-got, app.CodeFull)
}

func TestRoomIsPromisedOnlyOnce(t *testing.T) {
	w := newWorld(t)
	free := &disk{free: 5000, kept: 500}
	w.Disk, w.Builder = free, keeper{disk: free}
	never := func() { t.Error("it waits") }
	release, err := app.PromiseRoom(w.ctx, w.App, 100, 300, never)
	must(t, err)
	_, err = app.PromiseRoom(w.ctx, w.App, 0, 200, never)
	wantCode(t, err, app.CodeFull)
	release()
	release()
	_, err = app.PromiseRoom(w.ctx, w.App, 0, 200, never)
	must(t, err)
	app.AddToRoom(w.App, 350)
	free.kept = 850
	_, err = app.PromiseRoom(w.ctx, w.App, 0, 1, never)
	wantCode(t, err, app.CodeFull)
}

func TestAnAdminSeesWhatTakesTheDiskAndWhoHasMostOfIt(t *testing.T) {
	w := newWorld(t)
	shop := w.site(w.team("team", nil), "shop")
	primary := w.instance(shop, app.PrimaryLabel)
	web := w.service(primary, "web", app.Web)
	w.Disk = owned{&disk{free: 700, kept: 20}, []app.DiskPart{
		{Kind: app.DiskCaches, Used: 30, Owners: map[string]int64{string(shop.ID): 20, "gone": 10}},
		{Kind: app.DiskLogs, Used: 7, Budget: 9, Owners: map[string]int64{string(app.ServiceLog(web)): 7}},
		{Kind: app.DiskLogs, Used: 1, Owners: map[string]int64{string(app.AccessLog(primary.ID)): 1}},
		{Kind: app.DiskSiteData, Used: 5, Owners: map[string]int64{string(primary.ID): 5}},
		{Kind: app.DiskOther, Used: 3, Owners: map[string]int64{"notes": 3}},
	}}
	report, err := w.DiskReport(w.ctx, w.admin)
	must(t, err)
	if report.Used != 38 || report.Free != 700 {
		t.Errorf("it says %d used, %d free", report.Used, report.Free)
	}
	var largest []string
	for _, part := range report.Parts {
		largest = append(largest, part.Largest)
	}
	if want := []string{"team/shop", "team/shop primary web", "team/shop primary", "team/shop primary", "notes"}; !slices.Equal(largest, want) {
		t.Errorf("the largest are %q, want %q", largest, want)
	}
	if _, err := w.DiskReport(w.ctx, w.person("ada", false)); app.CodeOf(err) != app.CodeForbidden {
		t.Errorf("somebody who is no admin is told %v", err)
	}
}

// owned is a disk with parts of its own.
type owned struct {
	*disk
	parts []app.DiskPart
}

func (o owned) Parts(context.Context) ([]app.DiskPart, error) { return o.parts, nil }

func TestSizesAreWrittenForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1000: "1 kB", 1_230_000: "1.23 MB", 5e9: "5 GB", 2e12: "2 TB"} {
		if got := app.BytesText(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestTheSharesOfABudgetAreWithinIt(t *testing.T) {
	for _, bytes := range []int64{256 << 20, 2 << 30, 1 << 40} {
		b := app.DiskBudget(bytes)
		if sum := b.Artifacts() + b.Caches() + b.Logs() + b.AccessLog() + b.Source(); sum > bytes || b.Artifacts() < bytes/3 || b.Build() > b.Artifacts() {
			t.Errorf("of %d, %d are for artifacts, and all shares are %d", bytes, b.Artifacts(), sum)
		}
	}
}
