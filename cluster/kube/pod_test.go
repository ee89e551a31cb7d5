package kube

import "testing"

func TestAnArgumentReachesItsProgramAsItIs(t *testing.T) {
	for argument, want := range map[string]string{
		"gunicorn site.wsgi":     "gunicorn site.wsgi",
		"kill -TERM $$":          "kill -TERM $$$$",
		"echo $(HOME) ${APP} $x": "echo $$(HOME) $${APP} $$x",
	} {
		if got := literal(argument); got != want {
			t.Errorf("%q is written as %q, want %q", argument, got, want)
		}
	}
}
