package kube

import (
	"regexp"
	"strings"
	"testing"

	"gondor/app"
)

// dnsLabel is what Kubernetes takes for the name of a Service.
var dnsLabel = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)

func TestANameThatIsALabelStaysAsItIs(t *testing.T) {
	for _, name := range []string{"web", "web-v12-r0", "a", strings.Repeat("a", 63)} {
		if got := label(name); got != name {
			t.Errorf("%q became %q", name, got)
		}
	}
}

func TestNamesThatWouldMeetAreToldApart(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{
		"my_worker", "my-worker", "My-Worker", "my.worker", "-my-worker", "my-worker-", "9web", "x-9web", "_", "-", "",
		strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 65), "ä", "ö", "web v1",
	} {
		got := label(name)
		if !dnsLabel.MatchString(got) || len(got) > 63 {
			t.Errorf("%q became %q, which is no DNS label", name, got)
		}
		if other, taken := seen[got]; taken {
			t.Errorf("%q and %q both became %q", name, other, got)
		}
		seen[got] = name
	}
}

func TestTheObjectsOfAWorkloadHaveANameOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, ref := range []app.WorkloadRef{
		{Service: "web", Release: 1},
		{Service: "web", Release: 1, Restart: 1},
		{Service: "web", Release: 11},
		{Service: "web-v1", Release: 1},
		{Service: strings.Repeat("w", 63), Release: 1},
		{Service: strings.Repeat("w", 63), Release: 2},
	} {
		name := workloadName(ref)
		if seen[name] || !dnsLabel.MatchString(name) {
			t.Errorf("%s is called %q", ref, name)
		}
		seen[name] = true
	}
}

func FuzzLabelIsALabel(f *testing.F) {
	f.Add("web")
	f.Add("Äpfel_und-Birnen")
	f.Fuzz(func(t *testing.T, name string) {
		if got := label(name); !dnsLabel.MatchString(got) || len(got) > 63 {
			t.Errorf("%q became %q", name, got)
		}
	})
}
