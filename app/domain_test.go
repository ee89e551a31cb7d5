package app_test

import (
	"strings"
	"testing"

	"gondor/app"
)

// domainOf makes a site with one instance and returns the host name it is given.
func (w *world) domainOf(group app.ResourceGroup, site, label string) string {
	w.t.Helper()
	return w.instance(w.site(group, site), label).Domain
}

func TestAnInstanceIsGivenAHostName(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, c := range []struct {
		name        string
		site, label string
		want        string
	}{
		{"the primary has the site's name", "blog", "primary", "blog.gondor.test"},
		{"others have their label behind it", "blog", "staging", "blog-staging.gondor.test"},
		{"63 bytes fit", long, "primary", long + ".gondor.test"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			if got := w.domainOf(w.team("team", nil), c.site, c.label); got != c.want {
				t.Errorf("the host name is %s, want %s", got, c.want)
			}
		})
	}
}

func TestAHostNameThatIsTakenGetsTheGroupBehindIt(t *testing.T) {
	w := newWorld(t)
	one, two := w.team("one", nil), w.team("two", nil)
	for i, c := range []struct {
		group       app.ResourceGroup
		site, label string
		want        string
	}{
		{one, "blog", "primary", "blog.gondor.test"},
		{two, "blog", "primary", "blog-two.gondor.test"},
		{one, "a-b", "c", "a-b-c.gondor.test"},
		{one, "a", "b-c", "a-b-c-one.gondor.test"},
	} {
		if got := w.domainOf(c.group, c.site, c.label); got != c.want {
			t.Errorf("%d: the host name is %s, want %s", i, got, c.want)
		}
	}
}

func TestAHostNameThatIsTakenTwiceGetsARandomPart(t *testing.T) {
	w := newWorld(t)
	group := w.team("one", nil)
	seen := map[string]bool{}
	for _, c := range [][2]string{{"a-b-c", "primary"}, {"a-b", "c"}, {"a", "b-c"}} {
		domain := w.domainOf(group, c[0], c[1])
		if seen[domain] || !strings.HasPrefix(domain, "a-b-c") {
			t.Errorf("%v is given %s", c, domain)
		}
		must(t, app.CheckHost("host", domain))
		seen[domain] = true
	}
}

func TestALongHostNameIsCutAndStaysUnlikeOthers(t *testing.T) {
	w := newWorld(t)
	group := w.team("team", nil)
	site := w.site(group, strings.Repeat("long-", 12)+"x")
	one, two := w.instance(site, "staging-1").Domain, w.instance(site, "staging-2").Domain
	if one == two {
		t.Errorf("both are given %s", one)
	}
	for _, domain := range []string{one, two} {
		if label, _, _ := strings.Cut(domain, "."); len(label) > 63 || len(label) < 50 {
			t.Errorf("%s has %d bytes before its first dot", domain, len(label))
		}
		must(t, app.CheckHost("host", domain))
	}
}

func TestAHostNameFitsBelowALongDomain(t *testing.T) {
	domain := strings.Repeat(strings.Repeat("d", 54)+".", 4) + "test"
	w := newWorldAt(t, "https://"+domain)
	got := w.domainOf(w.team("team", nil), strings.Repeat("s", 60), "primary")
	must(t, app.CheckHost("host", got))
	if !strings.HasSuffix(got, "."+domain) {
		t.Errorf("the host name is %s", got)
	}
}

func TestAHostNameIsGivenOnTheHostOfTheAddressAlone(t *testing.T) {
	w := newWorldAt(t, "http://Localhost:8600/")
	if got := w.domainOf(w.team("team", nil), "blog", "primary"); got != "blog.localhost" {
		t.Errorf("the host name is %s", got)
	}
}
