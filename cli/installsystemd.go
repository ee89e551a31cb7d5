package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"gondor/app"
	"gondor/cli/systemd"
	"gondor/cluster/local/supervisor"
)

// systemdFlags are the flags of install that are for a machine.
type systemdFlags struct {
	on           bool
	listen, data string
	root         string
	print        bool
}

func (f *systemdFlags) bind(flags *pflag.FlagSet) {
	flags.BoolVar(&f.on, "systemd", false, "install on this machine instead, as a service of systemd")
	flags.StringVar(&f.listen, "listen", ":80", "with --systemd: the address to listen on")
	flags.StringVar(&f.data, "data", "/var/lib/gondor", "with --systemd: the directory that everything is kept in")
	flags.StringVar(&f.root, "root", "/", "with --systemd: the root directory of the image of a machine, which is not checked")
	flags.BoolVar(&f.print, "print", false, "with --systemd: print the unit and change nothing")
}

// sharedFlags are those of install that have a meaning on a cluster and on a machine.
func sharedFlags() []string { return []string{"domain", "public-url", "trusted-proxies"} }

// machineFlags are those for a machine alone.
func machineFlags() []string { return []string{"systemd", "listen", "data", "root", "print"} }

// checkInstallFlags refuses what only has a meaning for the other kind of installation.
func checkInstallFlags(own *pflag.FlagSet, onMachine bool) error {
	var err error
	own.VisitAll(func(f *pflag.Flag) {
		forMachine := slices.Contains(machineFlags(), f.Name)
		switch {
		case err != nil || !f.Changed || f.Name == "help" || forMachine == onMachine || slices.Contains(sharedFlags(), f.Name):
		case onMachine:
			err = usage("--%s is for a Kubernetes cluster; leave it out with --systemd", f.Name)
		default:
			err = usage("--%s is for a machine; say --systemd too, or leave it out", f.Name)
		}
	})
	return err
}

// installSystemd installs a server on this machine, or installs it again.
func (p *Program) installSystemd(ctx context.Context, f systemdFlags, s systemd.Server, flags *pflag.FlagSet) error {
	s.Listen, s.Data = f.listen, f.data
	if !filepath.IsAbs(f.root) {
		f.root = filepath.Join(p.io.Dir, f.root)
	}
	if err := recall(f.root, &s, flags); err != nil {
		return err
	}
	o, err := serveFlags{listen: s.Listen, data: s.Data, domain: s.Domain, publicURL: s.PublicURL, engine: "local", trusted: s.Trusted}.read(p.io.Dir)
	if err != nil {
		return err
	}
	s.Data, s.Domain = o.data, o.domain
	if f.print {
		unit, err := systemd.Unit(s)
		if err != nil {
			return err
		}
		_, err = p.io.Stdout.Write(unit)
		return err
	}
	if f.root == "/" {
		if err := p.checkHost(ctx, s); err != nil {
			return err
		}
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find Gondor's binary: %w", err)
	}
	result, err := systemd.Install(f.root, program, s)
	if err != nil {
		return err
	}
	return p.tellInstalled(result)
}

// recall takes what is not said now from the unit that is installed.
func recall(root string, s *systemd.Server, flags *pflag.FlagSet) error {
	unit, err := systemd.Installed(root)
	if app.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	before := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	known := systemd.Server{}
	before.StringVar(&known.Listen, "listen", s.Listen, "")
	before.StringVar(&known.Data, "data", s.Data, "")
	before.StringVar(&known.Domain, "domain", "", "")
	before.StringVar(&known.PublicURL, "public-url", "", "")
	before.StringSliceVar(&known.Trusted, "trusted-proxies", nil, "")
	if err := before.Parse(systemd.Command(unit)); err != nil {
		return app.Conflict("", "%s was changed so that it can't be carried on (%v); remove it, and say all flags again", filepath.Join(root, systemd.UnitPath), err)
	}
	for name, keep := range map[string]func(){
		"listen": func() { s.Listen = known.Listen }, "data": func() { s.Data = known.Data },
		"domain": func() { s.Domain = known.Domain }, "public-url": func() { s.PublicURL = known.PublicURL },
		"trusted-proxies": func() { s.Trusted = known.Trusted },
	} {
		if !flags.Changed(name) {
			keep()
		}
	}
	return nil
}

// checkHost tells what this machine can do, and refuses one on which no server could run.
func (p *Program) checkHost(ctx context.Context, s systemd.Server) error {
	_, err := supervisor.Dial(ctx, filepath.Join(s.Data, "engine", "supervisor"))
	host := systemd.Check(ctx, s, err == nil)
	if len(host.Wrong) > 0 {
		return app.Conflict("", "nothing was installed:\n  %s", strings.Join(host.Wrong, "\n  "))
	}
	return p.say("This machine:\n  %s", strings.Join(host.Notes, "\n  "))
}

// tellInstalled says what was done and what comes next.
func (p *Program) tellInstalled(r systemd.Result) error {
	done := map[bool]string{true: "installed", false: "unchanged"}
	lines := []string{
		fmt.Sprintf("%s: %s, version %s", systemd.Binary, done[r.Binary], version()),
		fmt.Sprintf("%s: %s", systemd.UnitPath, done[r.Unit]),
	}
	switch {
	case !r.Before:
		lines = append(lines, "Next:", "  systemctl enable --now gondor", "  journalctl -u gondor     the first start writes admin's password there, once")
	case r.Binary && !r.Unit:
		lines = append(lines, "Next:", "  systemctl restart gondor     sites run on meanwhile")
	case r.Unit:
		lines = append(lines, "Next:", "  systemctl daemon-reload", "  systemctl restart gondor     sites run on meanwhile")
	default:
		lines = append(lines, "There is nothing to do.")
	}
	return p.say("%s", strings.Join(lines, "\n"))
}
