package app_test

import (
	"context"
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

func TestAnAdminSeesWhatTakesTheDiskAndWhoHasMostOfIt(t *testing.T) {
	w := newWorld(t)
	shop := w.site(w.team("team", nil), "shop")
	primary := w.instance(shop, app.PrimaryLabel)
	web := w.service(primary, "web", app.Web)
	w.Disk = owned{&disk{free: 700, kept: 20}, []app.DiskPart{
		{Kind: app.DiskCaches, Used: 30, Owners: map[string]int64{string(shop.ID): 20, "gone": 10}},
		{Kind: app.DiskLogs, Used: 7, Budget: 9, Owners: map[string]int64{"service/" + string(web.ID): 7}},
		{Kind: app.DiskSiteData, Used: 5, Owners: map[string]int64{string(primary.ID): 5}},
		{Kind: app.DiskOther, Used: 3, Owners: map[string]int64{"notes": 3}},
	}}
	report, err := w.DiskReport(w.ctx, w.admin)
	must(t, err)
	if report.Used != 37 || report.Free != 700 {
		t.Errorf("it says %d used, %d free", report.Used, report.Free)
	}
	var largest []string
	for _, part := range report.Parts {
		largest = append(largest, part.Largest)
	}
	if want := []string{"team/shop", "team/shop primary web", "team/shop primary", "notes"}; !slices.Equal(largest, want) {
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
