package cli

import (
	"context"
	"os/exec"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

// instanceStatus is what status shows.
type instanceStatus struct {
	api.Instance
	Services []api.Service `json:"services"`
	Moving   []api.Release `json:"moving"` // the releases that are on their way, in order
	Alerts   []api.Alert   `json:"alerts"` // those that go on
}

func (p *Program) statusCommand() *cobra.Command {
	disk := false
	c := &cobra.Command{
		Use: "status", Short: "Show the instance, its services, their state and release", Args: takes(),
		Long: "Show the instance, its services, their state and release. With --disk, show an admin what takes\n" +
			"the disk of the server, and what may.",
		RunE: func(c *cobra.Command, _ []string) error {
			if disk {
				return p.diskStatus(c.Context())
			}
			return p.status(c.Context())
		},
	}
	c.Flags().BoolVar(&disk, "disk", false, "show what takes the disk of the server; needs no site")
	return c
}

func (p *Program) status(ctx context.Context) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	s := instanceStatus{Instance: instance, Moving: []api.Release{}}
	if s.Services, err = p.server.Services(ctx, instance.URL); err != nil {
		return err
	}
	releases, err := p.server.Releases(ctx, instance.URL)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(releases) { // they come with the newest first
		if r.State.Moving() {
			s.Moving = append(s.Moving, r)
		}
	}
	if s.Alerts, err = p.server.Alerts(ctx, instance.URL, true); err != nil {
		return err
	}
	if p.flags.output == outputJSON {
		return p.writeJSON(s)
	}
	return p.showStatus(s)
}

func (p *Program) showStatus(s instanceStatus) error {
	if err := p.say("%s (%s) is %s\n%s\n", s.Label, s.Kind, s.State, s.WebURL); err != nil {
		return err
	}
	if err := table(p.io.Stdout, s.Services, serviceColumns...); err != nil {
		return err
	}
	for _, service := range s.Services {
		if service.Message == "" {
			continue
		}
		if err := p.say("\n%s: %s", service.Name, service.Message); err != nil {
			return err
		}
	}
	for _, a := range s.Alerts {
		if err := p.say("\nSince %s: %s", moment(a.Began), a.Title); err != nil {
			return err
		}
	}
	for _, r := range s.Moving {
		if err := p.say("\nv%d of %s is %s: %s", r.Number, r.Creator, r.State, r.Reason); err != nil {
			return err
		}
	}
	return nil
}

func (p *Program) openCommand() *cobra.Command {
	return &cobra.Command{
		Use: "open", Short: "Open the instance in a browser, and print its URL", Args: takes(),
		RunE: func(c *cobra.Command, _ []string) error { return p.open(c.Context()) },
	}
}

// open starts a browser only for somebody at a terminal.
func (p *Program) open(ctx context.Context) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	if instance.WebURL == "" {
		return app.Fault(app.CodeNotFound, "the instance %s has no web service", instance.Label)
	}
	if err := p.made(instance, "%s", instance.WebURL); err != nil || terminal(p.io.Stdout) == nil {
		return err
	}
	opener := "xdg-open"
	if runtime.GOOS == "darwin" {
		opener = "open"
	}
	if _, err := exec.LookPath(opener); err != nil {
		return nil // the URL is there to be copied
	}
	return exec.CommandContext(ctx, opener, instance.WebURL).Run()
}
