package ui

import (
	"encoding/json"
	"net/http"
	"strings"

	"gondor/app"
)

// terminalView is the page on which people run commands in an instance.
type terminalView struct {
	Head     instanceHead
	Services []option // in which something can run
	Sizes    []option
	Runs     []runRow
	More     bool // there are more runs
}

// shell is what runs when no command is given: the better of the shells that are there.
const shell = "exec $(command -v bash || echo sh)"

func (d *dashboard) terminalRoutes(mux *http.ServeMux) {
	mux.Handle("GET /instances/{instance}/terminal", d.private(d.terminalPage))
	mux.Handle("POST /instances/{instance}/terminal", d.private(d.openTerminal))
	mux.Handle("POST /instances/{instance}/runs", d.private(d.runDetached))
}

func (d *dashboard) terminalPage(c *call) error {
	asked := form{Name: "run", Values: map[string]string{}}
	if service := c.URL.Query().Get("service"); service != "" {
		asked.Values["service"] = service
	}
	return d.showTerminal(c, http.StatusOK, asked)
}

func (d *dashboard) showTerminal(c *call, status int, sent form) error {
	head, err := d.head(c, instanceID(c), "terminal")
	if err != nil {
		return err
	}
	view := terminalView{Head: head, Services: runnable(head), Sizes: []option{{Text: "That of the service"}}}
	for _, size := range d.app.Sizes() {
		view.Sizes = append(view.Sizes, option{Value: size.Name, Text: sizeText(size)})
	}
	if view.Runs, err = d.runRows(c, head.ID, shownRuns+1); err != nil {
		return err
	}
	if view.More = len(view.Runs) > shownRuns; view.More {
		view.Runs = view.Runs[:shownRuns]
	}
	return d.showAs(c, status, "terminal", head.page("Terminal of "+head.Site.Name+" "+head.Label, view, sent))
}

// runnable are the services to which something has been deployed.
func runnable(head instanceHead) []option {
	var services []option
	for _, service := range head.Services {
		if service.Release != nil {
			services = append(services, option{Value: service.Name, Text: service.Name})
		}
	}
	return services
}

// newRun is the one that the form asks for.
func (d *dashboard) newRun(c *call) (form, app.NewRun, error) {
	sent, err := c.read("run", "service", "command", "size")
	if err != nil {
		return sent, app.NewRun{}, err
	}
	services, err := d.app.Services(c.Context(), c.who, instanceID(c))
	if err != nil {
		return sent, app.NewRun{}, err
	}
	in := app.NewRun{Command: strings.TrimSpace(lines(sent.Values["command"])), Size: sent.Values["size"]}
	for _, service := range services {
		if service.Name == sent.Values["service"] {
			in.Service = service.ID
			return sent, in, nil
		}
	}
	return sent, in, app.Invalid("service", "%q is no service of this instance; choose one", sent.Values["service"])
}

// wireTerminal says how the terminal that was asked for is joined, or why there is none.
type wireTerminal struct {
	Endpoint string            `json:"endpoint,omitempty"` // path of the WebSocket; good for one attach, within a minute
	Run      string            `json:"run,omitempty"`      // path of the run's page
	Faults   map[string]string `json:"faults,omitempty"`   // by field
	Fault    string            `json:"fault,omitempty"`
}

// openTerminal prepares a run for the script, which joins it. Nothing but the secrecy of the
// endpoint protects it, so that it is told in an answer that no page of another origin can ask
// for or read, and never in an address of the dashboard.
func (d *dashboard) openTerminal(c *call) error {
	sent, in, err := d.newRun(c)
	if in.Command == "" {
		in.Command = shell
	}
	var run app.Run
	var endpoint string
	if err == nil {
		run, endpoint, err = d.app.RunProcess(c.Context(), c.who, in)
	}
	if fault := sent.blame(err); fault != nil {
		return fault
	}
	if err != nil {
		return c.json(statusOf(app.CodeOf(err)), wireTerminal{Faults: sent.Faults, Fault: sent.Fault})
	}
	return c.json(http.StatusCreated, wireTerminal{Endpoint: d.endpoints + endpoint + "/", Run: runPath(run.ID)})
}

// json answers a script.
func (c *call) json(status int, data any) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_ = json.NewEncoder(c.w).Encode(data) // who has gone does not read it
	return nil
}

// runDetached runs a command that is left to itself.
func (d *dashboard) runDetached(c *call) error {
	sent, in, err := d.newRun(c)
	in.Detached = true
	var run app.Run
	if err == nil {
		run, _, err = d.app.RunProcess(c.Context(), c.who, in)
	}
	if err != nil {
		return d.refuse(c, sent, err, d.showTerminal)
	}
	return d.done(c, runPath(run.ID), "It runs now, and goes on when you leave.")
}
