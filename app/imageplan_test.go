package app

import (
	"slices"
	"testing"
)

func TestWhereAWebProcessListensThatPaysNoHeedToPort(t *testing.T) {
	for name, c := range map[string]struct {
		kind ServiceKind
		port int
		set  string // PORT as somebody set it
		want string
	}{
		"at the port of its plan":          {Web, 8080, "", "8080"},
		"at the one that somebody has set": {Web, 8080, "9000", "9000"},
		"at the engine's without either":   {Web, 0, "", ""},
		"a worker has none":                {Worker, 8080, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := Program{Env: map[string]string{}}
			if c.set != "" {
				p.Env["PORT"] = c.set
			}
			plan := Plan{Port: c.port, Argv: map[string][]string{"x": {"/serve", "all"}}, Processes: map[string]string{"x": "/serve all"}}
			got := plan.fill(p, Service{Name: "x", Kind: c.kind})
			if got.Env["PORT"] != c.want || !slices.Equal(got.Argv, []string{"/serve", "all"}) || got.Command != "/serve all" {
				t.Errorf("the program is %+v", got)
			}
		})
	}
}
