package app_test

import (
	"fmt"
	"strings"
	"testing"

	"gondor/app"
)

func TestATargetOfADrainIsTakenOrSaidWhatWouldBeRight(t *testing.T) {
	for _, c := range []struct{ name, target, shown, wrong string }{
		{"a syslog server", "syslog://logs.example.com:601", "syslog://logs.example.com:601", ""},
		{"with TLS", "syslog+tls://logs.example.com:6514", "syslog+tls://logs.example.com:6514", ""},
		{"an address of six", "syslog://[2001:db8::1]:601", "syslog://[2001:db8::1]:601", ""},
		{"an endpoint", "https://logs.example.com/", "https://logs.example.com", ""},
		{"a token in the path", "https://logs.example.com:8443/v1/s3cr3t", "https://logs.example.com:8443/***", ""},
		{"a token in the query", "http://logs.example.com?token=s3cr3t", "http://logs.example.com/***", ""},
		{"a password", "https://ada:s3cr3t@logs.example.com/in", "https://***@logs.example.com/***", ""},
		{"what is masked already", "https://***@logs.example.com/***", "https://***@logs.example.com/***", ""},
		{"nothing", "", "", "is missing"},
		{"no URL", "logs.example.com:514", "", "not a URL"},
		{"no URL at all", "://s3cr3t", "", "not a URL"},
		{"another scheme", "ftp://logs.example.com", "", `begins with "ftp"; use syslog://`},
		{"UDP, which loses lines", "udp://logs.example.com:514", "", "use syslog://"},
		{"no host", "https:///path", "", "has no host"},
		{"no port of a syslog server", "syslog://logs.example.com", "", "has no port"},
		{"a port that there is not", "https://logs.example.com:70000/", "", "use 1 to 65535"},
		{"a path of a syslog server", "syslog://logs.example.com:601/s3cr3t", "", "syslog knows of none"},
		{"a user of a syslog server", "syslog+tls://s3cr3t@logs.example.com:601", "", "syslog knows of none"},
		{"a part behind #", "https://logs.example.com/#s3cr3t", "", "behind #"},
		{"far too long", "https://logs.example.com/" + strings.Repeat("s3cr3t", 1000), "", "at most 2048"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, err := app.ParseDrainTarget(c.target)
			if c.wrong != "" {
				wantCode(t, err, app.CodeInvalid)
				wantField(t, err, "target")
				if !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("it is told %q, want %q and no secret", err, c.wrong)
				}
				return
			}
			must(t, err)
			if shown := app.MaskDrainTarget(at); shown != c.shown {
				t.Errorf("it is shown as %q, want %q", shown, c.shown)
			}
		})
	}
}

func TestAnInstanceHasSoManyDrainsAndEachTargetOnce(t *testing.T) {
	w := newWorld(t)
	instance := w.instance(w.site(w.team("team", nil), "shop"), app.PrimaryLabel)
	add := func(target string) error {
		return second(w.CreateDrain(w.ctx, w.admin, app.NewDrain{Instance: instance.ID, Target: target}))
	}
	for i := range app.MaxDrains - 1 {
		must(t, add(fmt.Sprintf("https://logs.example.com/%d", i)))
	}
	again := add("https://logs.example.com/3")
	wantCode(t, again, app.CodeConflict)
	if strings.Contains(again.Error(), "/3") {
		t.Errorf("%q tells a secret", again)
	}
	must(t, add("https://logs.example.com/last"))
	wantCode(t, add("https://logs.example.com/more"), app.CodeConflict)
}

func TestADrainKeepsItsTargetSealedAndItsComingAndGoingAreTold(t *testing.T) {
	w := newWorld(t)
	instance := w.instance(w.site(w.team("team", nil), "shop"), app.PrimaryLabel)
	drain, err := w.CreateDrain(w.ctx, w.admin, app.NewDrain{Instance: instance.ID, Target: "https://logs.example.com/s3cr3t"})
	must(t, err)
	if text := fmt.Sprintf("%+v", drain); strings.Contains(text, "s3cr3t") {
		t.Errorf("it prints its secret: %s", text)
	}
	works, err := w.DrainWorks(w.ctx)
	must(t, err)
	if len(works) != 1 || works[0].URL.Path != "/s3cr3t" || works[0].Site != "team/shop" || works[0].Label != "primary" || works[0].Host != instance.Domain {
		t.Errorf("the work is %+v", works)
	}
	must(t, w.DeleteDrain(w.ctx, w.admin, drain.ID))
	events, err := w.Feed(w.ctx, w.admin, instance.ID, 0)
	must(t, err)
	if len(events) != 2 || events[0].Kind != app.EventDrain || events[1].Text != "The logs are sent to https://logs.example.com/*** from now on." {
		t.Errorf("the feed has %+v", events)
	}
}

func TestTheDrainsOfADeletedInstanceAreNoWork(t *testing.T) {
	w := newWorld(t)
	instance := w.instance(w.site(w.team("team", nil), "shop"), app.PrimaryLabel)
	must(t, second(w.CreateDrain(w.ctx, w.admin, app.NewDrain{Instance: instance.ID, Target: "https://logs.example.com"})))
	must(t, w.DeleteInstance(w.ctx, w.admin, instance.ID))
	works, err := w.DrainWorks(w.ctx)
	must(t, err)
	if len(works) != 0 {
		t.Errorf("there is work: %+v", works)
	}
}

func TestTheReleaseThatWroteALineIsKnownByItsReplica(t *testing.T) {
	for replica, want := range map[string]int{
		"0123456789abcdef-web-v12.0-1":   12, // as one machine calls them
		"web-v7-r0-5d9f7vv9c-x2v4z":      7,  // as a cluster does
		"0123456789abcdef-web-v2-v3.1-1": 3,
		"":                               5,
		"run-0123456789abcdef":           5,
	} {
		if got := (app.InstanceLog{Release: 5}).ReleaseOf(app.LogLine{Replica: replica}); got != want {
			t.Errorf("%q is of release %d, want %d", replica, got, want)
		}
	}
}
