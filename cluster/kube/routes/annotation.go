package routes

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gondor/app"
)

// Key is the name of the annotation that makes a Service a route.
const Key = "router"

// Annotation is what a Service says of its route.
type Annotation struct {
	Config Config   `json:"config"`
	Hosts  []string `json:"hosts"` // as app.CheckHost wants them, or of one label
}

// Config says how a host is served. Whatever else stands in it is for others.
type Config struct {
	// Port is the number or the name of the Service's port that takes the requests; empty
	// for the only one, one named "http" or "web", number 80, or else the first.
	Port string `json:"port,omitempty"`
	// Notice is told to people while nothing takes their requests.
	Notice string `json:"notice,omitempty"`
	// Instance and Service name Gondor's own routes in the access log. What a Service of
	// others says of its instance is not believed.
	Instance app.ID[app.Instance] `json:"instance,omitempty"`
	Service  string               `json:"service,omitempty"`
}

// String returns the annotation as a Service carries it.
func (a Annotation) String() string {
	text, err := json.Marshal(a)
	if err != nil {
		return "" // strings can always be written
	}
	return string(text)
}

// Parse reads an annotation. What is wrong with it is told in sentences; all the rest
// counts all the same.
func Parse(text string) (a Annotation, faults []string) {
	var said struct {
		Config json.RawMessage `json:"config"`
		Hosts  json.RawMessage `json:"hosts"`
	}
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		return a, []string{`The annotation "router" is not a JSON object; write {"config": {}, "hosts": ["www.example.com"]}.`}
	}
	var p parser
	a.Config = p.config(said.Config)
	a.Hosts = p.hosts(said.Hosts)
	return a, p.faults
}

// parser collects what is wrong.
type parser struct{ faults []string }

func (p *parser) blame(format string, args ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, args...))
}

// hosts keeps the hosts that are any, each once and in lower case.
func (p *parser) hosts(raw json.RawMessage) []string {
	var list []any
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		p.blame(`The annotation "router" has no hosts; write "hosts": ["www.example.com"].`)
		return nil
	}
	var hosts []string
	for _, one := range list {
		text, ok := one.(string)
		host := strings.TrimSuffix(strings.ToLower(text), ".")
		err := checkHost(host)
		switch {
		case !ok:
			p.blame(`The annotation "router" has a host that is not a string; write "hosts": ["www.example.com"].`)
		case err != nil:
			p.blame("%s.", err)
		case !slices.Contains(hosts, host):
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// checkHost takes the hosts of app.CheckHost and, as networks of one's own have them, names
// of one label.
func checkHost(host string) error {
	if app.CheckName("", host) == nil {
		return nil
	}
	return app.CheckHost(`The annotation "router"`, host)
}

// config keeps what it understands. A port may be a number or a string.
func (p *parser) config(raw json.RawMessage) Config {
	var fields map[string]any
	if len(raw) > 0 && json.Unmarshal(raw, &fields) != nil {
		p.blame(`The config of the annotation "router" is not a JSON object; write "config": {}.`)
		return Config{}
	}
	if number, ok := fields["port"].(float64); ok && number == float64(int(number)) {
		fields["port"] = strconv.Itoa(int(number))
	}
	return Config{
		Port:     p.text(fields, "port"),
		Notice:   p.text(fields, "notice"),
		Instance: app.ID[app.Instance](p.text(fields, "instance")),
		Service:  p.text(fields, "service"),
	}
}

func (p *parser) text(fields map[string]any, name string) string {
	value, said := fields[name]
	text, ok := value.(string)
	if said && !ok {
		p.blame(`The config of the annotation "router" has a %s that is not a string.`, name)
	}
	return text
}
