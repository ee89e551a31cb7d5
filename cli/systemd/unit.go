// Package systemd installs Gondor on a machine whose services systemd runs.
package systemd

import (
	"bytes"
	_ "embed"
	"strings"
	"text/template"

	"gondor/app"
)

// Where things are on the machine, below its root.
const (
	Binary   = "/usr/local/bin/gondor"
	UnitPath = "/etc/systemd/system/gondor.service"
	// EnvironmentPath is for the operator to write: variables of the server, as
	// systemd.exec(5) has them under EnvironmentFile.
	EnvironmentPath = "/etc/gondor/environment"
)

// Server says how the server is started: the flags of gondor serve. An empty field has no
// flag.
type Server struct {
	Listen    string
	Data      string
	Domain    string
	PublicURL string
	Trusted   []string
}

//go:embed gondor.service
var unitText string

// Unit returns the unit of a server (systemd.service(5)). CodeInvalid when a flag can't stand
// in one.
func Unit(s Server) ([]byte, error) {
	for flag, value := range map[string]string{
		"--listen": s.Listen, "--data": s.Data, "--domain": s.Domain, "--public-url": s.PublicURL,
		"--trusted-proxies": strings.Join(s.Trusted, ","),
	} {
		if strings.ContainsAny(value, " \t\n\r\"'\\$%;") {
			return nil, app.Invalid(flag, "%q can't stand in a unit; leave out spaces, quotes and the characters \\ $ %% ;", value)
		}
	}
	t, err := template.New("gondor.service").Parse(unitText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, struct{ Command, Environment string }{strings.Join(s.command(), " "), EnvironmentPath})
	return out.Bytes(), err
}

// command is the command line of a server.
func (s Server) command() []string {
	argv := []string{Binary, "serve", "--listen", s.Listen, "--data", s.Data, "--domain", s.Domain}
	if s.PublicURL != "" {
		argv = append(argv, "--public-url", s.PublicURL)
	}
	if len(s.Trusted) > 0 {
		argv = append(argv, "--trusted-proxies", strings.Join(s.Trusted, ","))
	}
	return argv
}

// Command returns the arguments of gondor serve in a unit that Unit has made; none when it
// holds no such command.
func Command(unit []byte) []string {
	for line := range strings.Lines(string(unit)) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), "ExecStart="+Binary+" serve "); ok {
			return strings.Fields(command)
		}
	}
	return nil
}
