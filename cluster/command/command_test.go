package command

import (
	"slices"
	"strings"
	"testing"

	"gondor/app"
)

func TestACommandTakesThePlaceOfItsShellOnlyWhenItIsOneProgram(t *testing.T) {
	for command, want := range map[string]string{
		"gunicorn mysite.wsgi":            "exec gunicorn mysite.wsgi",
		"  ./run --port $PORT ":           "exec ./run --port $PORT",
		`"$GONDOR" static .`:              `exec "$GONDOR" static .`,
		"python -m http.server --bind=::": "exec python -m http.server --bind=::",
		"cd src && ./run":                 "cd src && ./run",
		"cd src":                          "cd src",
		"kill -TERM $$":                   "kill -TERM $$", // no image needs to have the program
		"A=1 ./run":                       "A=1 ./run",
		"./one; ./two":                    "./one; ./two",
		"./one | ./two":                   "./one | ./two",
		"./one > file":                    "./one > file",
		"exec ./run":                      "exec ./run",
		"while true; do sleep 1; done":    "while true; do sleep 1; done",
		". ./settings":                    ". ./settings",
		"(./one)":                         "(./one)",
		"./one\n./two":                    "./one\n./two",
		"! ./one":                         "! ./one",
		"testing --now":                   "exec testing --now",
	} {
		if got := Shell(command)[2]; got != want {
			t.Errorf("Shell(%q) runs %q, want %q", command, got, want)
		}
	}
}

func TestAProgramWithArgumentsOfItsOwnHasNoShell(t *testing.T) {
	for want, p := range map[string]app.Program{
		"/serve all":              {Command: "serve", Argv: []string{"/serve", "all"}},
		"/bin/sh -c exec ./serve": {Command: "./serve"},
	} {
		if got := strings.Join(Of(p), " "); got != want {
			t.Errorf("it runs %q, want %q", got, want)
		}
	}
}

func TestAPlansPathStandsInFrontOfTheEngines(t *testing.T) {
	env := Environment{"PATH": "/usr/bin", "HOME": "/h"}.
		Plan(map[string]string{"PATH": "${APP}/.venv/bin", "PYTHONPATH": "${APP}/lib:${APP}"}, "${APP}", "/a").
		Over(map[string]string{"HOME": "/other"})
	want := []string{"HOME=/other", "PATH=/a/.venv/bin:/usr/bin", "PYTHONPATH=/a/lib:/a"}
	if got := env.List(); !slices.Equal(got, want) {
		t.Errorf("the environment is %q, want %q", got, want)
	}
}
