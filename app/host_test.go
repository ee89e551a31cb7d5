package app_test

import (
	"testing"

	"gondor/app"
)

// neighbours are instances of three sites, two of them in one group.
type neighbours struct{ blog, shop, foreign app.Instance }

func (w *world) neighbours() neighbours {
	ours, theirs := w.team("ours", nil), w.team("theirs", nil)
	return neighbours{
		blog:    w.instance(w.site(ours, "blog"), app.PrimaryLabel),
		shop:    w.instance(w.site(ours, "shop"), app.PrimaryLabel),
		foreign: w.instance(w.site(theirs, "foreign"), app.PrimaryLabel),
	}
}

func TestWhichHostNamesAreTaken(t *testing.T) {
	of := func(n neighbours, name string) app.Instance {
		return map[string]app.Instance{"blog": n.blog, "shop": n.shop, "foreign": n.foreign}[name]
	}
	for _, c := range []struct {
		name   string
		holder string // the instance that has the name held, none when empty
		held   string
		asks   string
		wants  string
		code   app.Code
	}{
		{"a name that nobody has is free", "", "", "blog", "www.example.com", ""},
		{"a name has one instance", "foreign", "www.example.com", "blog", "www.example.com", app.CodeConflict},
		{"also within a group", "shop", "www.example.com", "blog", "www.example.com", app.CodeConflict},
		{"also for who has it", "blog", "www.example.com", "blog", "www.example.com", app.CodeConflict},
		{"letter case makes no other name", "foreign", "www.example.com", "blog", "WWW.Example.com", app.CodeConflict},
		{"nor does a dot at the end", "foreign", "www.example.com", "blog", "www.example.com.", app.CodeConflict},
		{"a wildcard has one instance", "foreign", "*.example.com", "blog", "*.example.com", app.CodeConflict},
		{"a group's wildcard leaves room for its own names", "shop", "*.example.com", "blog", "www.example.com", ""},
		{"and comes behind them", "shop", "www.example.com", "blog", "*.example.com", ""},
		{"another group's wildcard leaves none", "foreign", "*.example.com", "blog", "www.example.com", app.CodeConflict},
		{"a wildcard can't surround another group's name", "foreign", "www.example.com", "blog", "*.example.com", app.CodeConflict},
		{"a wildcard does not cover its own domain", "foreign", "*.example.com", "blog", "example.com", ""},
		{"nor two labels", "foreign", "*.example.com", "blog", "a.b.example.com", ""},
		{"nor another wildcard", "foreign", "*.example.com", "blog", "*.b.example.com", ""},
		{"Gondor's own name is taken", "", "", "blog", "gondor.test", app.CodeConflict},
		{"so is what is directly below it", "", "", "blog", "api.gondor.test", app.CodeConflict},
		{"and all of that", "", "", "blog", "*.gondor.test", app.CodeConflict},
		{"a name that was given is taken", "", "", "blog", "foreign.gondor.test", app.CodeConflict},
		{"also one's own", "", "", "blog", "blog.gondor.test", app.CodeConflict},
		{"below the own name others are free", "", "", "blog", "www.blog.gondor.test", ""},
		{"all of them too", "", "", "blog", "*.blog.gondor.test", ""},
		{"below another's name none is", "", "", "blog", "www.foreign.gondor.test", app.CodeConflict},
		{"a name that only ends alike is free", "", "", "blog", "notgondor.test", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			n := w.neighbours()
			if c.holder != "" {
				w.host(of(n, c.holder), c.held)
			}
			_, err := w.CreateHost(w.ctx, w.admin, app.NewHost{Instance: of(n, c.asks).ID, Name: c.wants})
			wantCode(t, err, c.code)
			if fault, _ := asFault(err); c.code != "" && fault.Message != "this host name is taken" {
				t.Errorf("the message is %q, which says more than it should", fault.Message)
			}
		})
	}
}

func TestAHostNameIsGivenUpAndTakenAgain(t *testing.T) {
	w := newWorld(t)
	n := w.neighbours()
	host := w.host(n.blog, "WWW.Example.com.")
	if host.Name != "www.example.com" {
		t.Errorf("the name is kept as %q", host.Name)
	}
	hosts, err := w.Hosts(w.ctx, w.admin, n.blog.ID)
	must(t, err)
	if len(hosts) != 1 || hosts[0] != host {
		t.Errorf("the instance has %v", hosts)
	}
	must(t, w.DeleteHost(w.ctx, w.admin, host.ID))
	wantCode(t, w.DeleteHost(w.ctx, w.admin, host.ID), app.CodeNotFound)
	w.host(n.foreign, "www.example.com")
}

func TestWhatIsNoHostNameIsRefused(t *testing.T) {
	w := newWorld(t)
	n := w.neighbours()
	for _, name := range []string{"", "www", "https://www.example.com", "192.0.2.1", "www.example.com:80"} {
		_, err := w.CreateHost(w.ctx, w.admin, app.NewHost{Instance: n.blog.ID, Name: name})
		wantCode(t, err, app.CodeInvalid)
		wantField(t, err, "host")
	}
}

func TestAnInstanceIsNotGivenAHostThatSomebodyHas(t *testing.T) {
	w := newWorld(t)
	n := w.neighbours()
	w.host(n.blog, "late.blog.gondor.test")
	must(t, w.Move("https://blog.gondor.test")) // the operator chooses another domain
	if got := w.domainOf(w.team("team", nil), "late", "primary"); got != "late-team.blog.gondor.test" {
		t.Errorf("the host name is %s", got)
	}
}
