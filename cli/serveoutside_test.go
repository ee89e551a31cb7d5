package cli

import (
	"strings"
	"testing"
)

func TestWhatIsOutsideIsReadFromTheEnvironment(t *testing.T) {
	good := map[string]string{
		envMail: "smtps://ann:secret@mail.example.com", envMailFrom: "gondor@example.com", envHeartbeat: "https://watchdog.example.com/ping/1",
	}
	for name, c := range map[string]struct{ variable, value, want string }{
		"all of it":                {},
		"nothing":                  {envMail, "", ""},
		"a mail server of no kind": {envMail, "mail.example.com", envMail},
		"nobody that mail is from": {envMailFrom, "", envMailFrom},
		"a watchdog of no URL":     {envHeartbeat, "watchdog", envHeartbeat},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readOutside(func(variable string) string {
				if variable == c.variable {
					return c.value
				}
				return good[variable]
			})
			if (err != nil) != (c.want != "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("the error is %v, want one that names %q and no secret", err, c.want)
			}
		})
	}
}
