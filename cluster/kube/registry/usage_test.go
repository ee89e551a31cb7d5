package registry

import (
	"testing"

	"gondor/app"
	"gondor/cluster/kube/registry/token"
)

func TestTheAdministratorSeesWhatIsKept(t *testing.T) {
	b := serve(t, Options{Budget: 300_000})
	b.push("site/a", "1", picture(t, 100_000))
	usage, err := Measure(t.Context(), b.as(token.Admin()))
	must(t, err)
	if usage.Used < 100_000 || usage.Used > 110_000 || usage.Budget != 300_000 {
		t.Errorf("it says %+v of 100,000 bytes in 300,000", usage)
	}
	if _, err := Measure(t.Context(), b.as(token.Push("site/a"))); app.CodeOf(err) == "" {
		t.Error("somebody who pushes sees it, too")
	}
}
