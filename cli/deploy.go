package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"gondor/build"
	"gondor/cli/progress"
	"gondor/web/api"
)

func (p *Program) deployCommand() *cobra.Command {
	var attach, cancel, all bool
	var image string
	c := &cobra.Command{
		Use: "deploy [REF]", Short: "Build a commit and release it to the instance",
		Long: "Build the commit that is checked out, or REF, and release it to the instance that " + build.ConfigFile + "\n" +
			"maps the branch to. What runs is replaced when all services of the new release are healthy,\n" +
			"and not otherwise. Ctrl-C stops watching, not the work.\n\n" +
			"With --image, an image that exists is released as it is; with --site and --instance that\n" +
			"works from any directory.\n\n" +
			"With --all, what every instance runs that you may deploy is built once more of the source\n" +
			"that the server keeps, with the runtimes that are there now, and released: for a security\n" +
			"update of a language. One instance comes after the other, also after one that fails.",
		Args: mayTake("REF"),
		RunE: func(c *cobra.Command, args []string) error {
			switch ref := append(args, "")[0]; {
			case alternatives(attach, cancel, all, image != "", ref != "") > 1:
				return usage("--all, --attach, --cancel, --image and REF exclude each other")
			case c.Flags().Changed("image") && strings.TrimSpace(image) == "":
				return usage(`--image names no image; write one such as "registry.example.com/team/shop:1.4"`)
			case image != "":
				return p.deployImage(c.Context(), strings.TrimSpace(image))
			case all:
				return p.deployAll(c.Context())
			case attach:
				return p.deployAttach(c.Context())
			case cancel:
				return p.deployCancel(c.Context())
			default:
				return p.deploy(c.Context(), ref)
			}
		},
	}
	c.Flags().BoolVar(&attach, "attach", false, "watch the deploy that is on its way to the instance")
	c.Flags().StringVar(&image, "image", "", "release this image instead of building a commit")
	c.Flags().BoolVar(&all, "all", false, "build what every instance runs once more, and release it")
	c.Flags().BoolVar(&cancel, "cancel", false, "end the deploy that is on its way to the instance")
	return c
}

// alternatives counts those that are chosen.
func alternatives(chosen ...bool) int {
	count := 0
	for _, one := range chosen {
		if one {
			count++
		}
	}
	return count
}

// deployment is one deploy under way, as its client sees it.
type deployment struct {
	program  *Program
	client   *api.Client
	display  *progress.Display
	config   build.Config
	instance api.Instance
	// remains says what goes on at the server when the client stops watching now.
	remains string
}

// What remains of a deploy whose client has stopped watching.
const (
	remainsNothing = "Interrupted before the source had arrived. Nothing was deployed."
	remainsBuild   = "Detached: the build goes on.\n" +
		"Watch it, and release it when it is built:  gondor deploy --attach{named}\n" +
		"End it:                                     gondor deploy --cancel{named}"
	remainsRelease = "Detached: the release goes on.\n" +
		"Watch it:  gondor deploy --attach{named}\n" +
		"End it:    gondor deploy --cancel{named}"
)

// deploy brings a commit to the instance: pack, build, release.
func (p *Program) deploy(ctx context.Context, ref string) error {
	source, err := p.deploySource(ctx, ref)
	if err != nil {
		return err
	}
	d, err := p.deployTo(ctx, source.label)
	if err != nil {
		return err
	}
	return d.run(ctx, func() error {
		built, err := d.build(ctx, source)
		if err != nil {
			return err
		}
		return d.tell(d.release(ctx, built))
	})
}

// deployImage releases an image that exists to the instance that is named, or that of the
// branch that is checked out.
func (p *Program) deployImage(ctx context.Context, image string) error {
	label, err := p.instanceLabel(ctx)
	if err != nil {
		return err
	}
	d, err := p.deployTo(ctx, label)
	if err != nil {
		return err
	}
	return d.run(ctx, func() error {
		built, err := d.adopt(ctx, api.NewBuild{Image: image})
		if err != nil {
			return err
		}
		return d.tell(d.release(ctx, built))
	})
}

// deployTo begins a deploy to the instance of a label.
func (p *Program) deployTo(ctx context.Context, label string) (*deployment, error) {
	config, err := p.siteConfig()
	if err != nil {
		return nil, err
	}
	instance, err := p.findInstanceOf(ctx, label)
	if err != nil {
		return nil, err
	}
	return &deployment{program: p, client: p.server, config: config, instance: instance}, nil
}

// run does the work with a display, and tells what remains when ctx ends it.
func (d *deployment) run(ctx context.Context, work func() error) error {
	d.display = d.program.display()
	err := work()
	switch {
	case ctx.Err() != nil && d.remains != "":
		d.display.Leave()
	case err != nil:
		d.display.Fail()
	default:
		d.display.Done()
	}
	d.display.Close()
	if ctx.Err() != nil && d.remains != "" {
		named := ""
		if d.program.flags.instance != "" {
			named = " --instance " + d.instance.Label
		}
		d.program.complain("%s", strings.ReplaceAll(d.remains, "{named}", named))
		return exit{exitInterrupted}
	}
	return err
}
