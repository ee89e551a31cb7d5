package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gondor/cluster/kube/image"
)

func (p *Program) imageCommand() *cobra.Command {
	var output, reference, binary string
	c := &cobra.Command{
		Use: "image --output FILE", Short: "Write Gondor's own image, for a Kubernetes cluster", Args: takes(),
		Long: "Write an image that holds this binary, as an archive that ctr, nerdctl, podman and docker load.\n" +
			"--output names the file. No daemon and no network is needed.",
		RunE: func(*cobra.Command, []string) error {
			if output == "" {
				return usage("gondor image needs --output FILE")
			}
			return p.image(p.absolute(output), cmp.Or(reference, defaultReference()), binary)
		},
	}
	flags := c.Flags()
	flags.StringVar(&output, "output", "", "the file to write")
	flags.StringVar(&reference, "reference", "", "the name of the image (default: "+defaultReference()+")")
	flags.StringVar(&binary, "binary", "", "a static binary of Linux (default: this one)")
	return c
}

// defaultReference is the name of Gondor's image of this version. A tag can't hold a +.
func defaultReference() string { return "gondor:" + strings.ReplaceAll(version(), "+", "-") }

// image writes Gondor's image to a file, which is whole or not there.
func (p *Program) image(to, reference, binary string) error {
	if binary == "" {
		own, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this binary: %w", err)
		}
		binary = own
	}
	built, layer, err := image.Gondor(p.absolute(binary))
	if err != nil {
		return err
	}
	defer func() { _ = layer.Close() }() // a temporary file
	if err := writeWhole(to, func(w io.Writer) error { return image.WriteArchive(w, reference, built) }); err != nil {
		return err
	}
	config, err := built.ConfigFile()
	if err != nil {
		return fmt.Errorf("read what was written: %w", err)
	}
	return p.say("Wrote %s for %s/%s to %s.", reference, config.OS, config.Architecture, to)
}

// writeWhole writes a file beside its place, then puts it there.
func writeWhole(to string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*")
	if err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	err = write(buffered)
	if err == nil {
		err = errors.Join(buffered.Flush(), file.Chmod(0o644), file.Sync())
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := os.Rename(file.Name(), to); err != nil {
		return fmt.Errorf("put the file in its place: %w", err)
	}
	return nil
}
