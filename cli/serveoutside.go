package cli

import (
	"net/url"

	"gondor/app"
	"gondor/notify"
)

// The variables that say how a server reaches people and watchdogs. They hold secrets, and so
// are no flags, which everybody on the machine can read.
const (
	envMail      = "GONDOR_SMTP_URL"
	envMailFrom  = "GONDOR_MAIL_FROM"
	envHeartbeat = "GONDOR_HEARTBEAT_URL"
)

// outside is what a server tells people and watchdogs by.
type outside struct {
	mail      *notify.Mail // nil: by no mail
	heartbeat string       // empty: none
}

func readOutside(environment func(string) string) (o outside, err error) {
	if environment == nil {
		return o, nil
	}
	if server := environment(envMail); server != "" {
		if o.mail, err = notify.ParseMail(server, environment(envMailFrom)); err != nil {
			return o, wrongVariable(err)
		}
	}
	if o.heartbeat = environment(envHeartbeat); o.heartbeat == "" {
		return o, nil
	}
	at, err := url.Parse(o.heartbeat)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return o, usage("%s is not a URL; write one such as https://watchdog.example.com/ping/1a2b3c", envHeartbeat)
	}
	return o, nil
}

// wrongVariable says by which variable a mail server was named wrongly.
func wrongVariable(err error) error {
	fault, ok := err.(*app.Error)
	if !ok {
		return err
	}
	name := map[string]string{"server": envMail, "from": envMailFrom}[fault.Field]
	return usage("%s %s", name, fault.Message)
}
