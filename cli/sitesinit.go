package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/build"
	"gondor/cli/worktree"
	"gondor/web/api"
)

// initial is what sites init was told and has found out.
type initial struct {
	name      string
	overwrite bool

	dir       string   // where gondor.yml goes
	branch    string   // that is mapped to the instance
	processes []string // that the site has
}

func (p *Program) sitesInit() *cobra.Command {
	var in initial
	c := &cobra.Command{
		Use: "init --name NAME", Short: "Make the site of this work tree, with an instance and its services", Args: takes(),
		Long: "Make a site with its instance primary and a service for each process type of the Procfile,\n" +
			"and a " + build.ConfigFile + " that maps the branch that is checked out to it.",
		RunE: func(c *cobra.Command, _ []string) error { return p.initSite(c.Context(), in) },
	}
	c.Flags().StringVar(&in.name, "name", "", "the name of the site")
	c.Flags().BoolVar(&in.overwrite, "overwrite", false, "write a new "+build.ConfigFile+" in place of the one that is there")
	return c
}

func (p *Program) initSite(ctx context.Context, in initial) error {
	if err := p.lookAround(ctx, &in); err != nil {
		return err
	}
	if in.name == "" {
		if !p.asks() {
			return usage("the name of the site is missing; say --name NAME")
		}
		var err error
		if in.name, err = p.ask(ctx, "Name of the site: "); err != nil {
			return err
		}
	}
	client, err := p.client()
	if err != nil {
		return err
	}
	group, err := p.findGroup(ctx, p.flags.group)
	if err != nil {
		return err
	}
	site, err := client.CreateSite(ctx, api.NewSite{ResourceGroup: group, Name: in.name})
	if err != nil {
		return err
	}
	instance, err := p.furnish(ctx, site, in)
	if err != nil {
		return errors.Join(err, p.takeBack(ctx, site))
	}
	return p.made(instance, "Made the site %s with the instance %s, which will be at %s.\nCommit %s, then deploy with: gondor deploy",
		site.Name, instance.Label, instance.WebURL, build.ConfigFile)
}

// lookAround finds out everything that can be wrong here before anything is made.
func (p *Program) lookAround(ctx context.Context, in *initial) error {
	tree, err := worktree.Find(ctx, p.io.Dir, "")
	if err != nil {
		return err
	}
	if in.branch, err = tree.Branch(ctx); err != nil {
		return err
	}
	if in.branch == "" {
		return usage("no git branch is checked out that could be mapped to the instance; check one out first: git switch -c main")
	}
	in.dir = p.io.Dir
	if _, err := os.Stat(filepath.Join(in.dir, "Procfile")); errors.Is(err, fs.ErrNotExist) {
		in.dir = tree.Top
	}
	there := filepath.Join(in.dir, build.ConfigFile)
	if _, err := os.Stat(there); err == nil && !in.overwrite {
		return app.Conflict("", "%s is there already, so this work tree has a site; replace it with --overwrite", there)
	}
	in.processes, err = processTypes(in.dir)
	return err
}

// processTypes reads the Procfile. Without one the site has the web process that its
// language gives it.
func processTypes(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "Procfile"))
	if errors.Is(err, fs.ErrNotExist) {
		return []string{string(app.Web)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the Procfile: %w", err)
	}
	processes, err := build.ReadProcfile(text)
	delete(processes, app.ReleaseProcess)
	return sortedKeys(processes), err
}

// furnish makes all that belongs to a new site.
func (p *Program) furnish(ctx context.Context, site api.Site, in initial) (api.Instance, error) {
	instance, err := p.server.CreateInstance(ctx, api.NewInstance{Site: site.URL, Label: app.PrimaryLabel, Kind: app.Production})
	if err != nil {
		return instance, err
	}
	services := map[string]app.ServiceKind{string(app.Web): app.Web}
	for _, name := range in.processes {
		if name != string(app.Web) {
			services[name] = app.Worker
		}
	}
	for _, name := range sortedKeys(services) {
		if _, err := p.server.CreateService(ctx, api.NewService{Instance: instance.URL, Name: name, Kind: services[name]}); err != nil {
			return instance, fmt.Errorf("make the service %s: %w", name, err)
		}
	}
	name, err := p.nameOf(ctx, site)
	if err != nil {
		return instance, err
	}
	return instance, in.write(name)
}

// write makes gondor.yml.
func (in initial) write(site string) error {
	config := build.Config{
		Site:     site,
		Branches: map[string]string{in.branch: app.PrimaryLabel},
		Deploy:   build.Deploy{Services: in.processes},
	}
	text, err := config.Encode()
	if err != nil {
		return fmt.Errorf("write %s: %w", build.ConfigFile, err)
	}
	beside, err := os.CreateTemp(in.dir, "."+build.ConfigFile+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", build.ConfigFile, err)
	}
	defer func() { _ = os.Remove(beside.Name()) }() // gone already once it has its name
	_, err = beside.Write(text)
	if err := errors.Join(err, beside.Chmod(0o644), beside.Sync(), beside.Close()); err != nil {
		return fmt.Errorf("write %s: %w", build.ConfigFile, err)
	}
	return os.Rename(beside.Name(), filepath.Join(in.dir, build.ConfigFile))
}

// takeBackPatience is how long it may take to delete what was half made.
const takeBackPatience = 10 * time.Second

// takeBack deletes a site that was half made, also after an interruption.
func (p *Program) takeBack(ctx context.Context, site api.Site) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeBackPatience)
	defer cancel()
	if err := p.server.Delete(ctx, site.URL); err != nil {
		return fmt.Errorf("the site %s was half made and could not be deleted; do so with: gondor sites delete %s (%w)", site.Name, site.Name, err)
	}
	return errTakenBack
}

var errTakenBack = errors.New("what was made until then has been deleted again")
