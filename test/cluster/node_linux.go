package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

// cut pulls a machine's network cable: its programs go on, nobody reaches them.
func cut(ctx context.Context, machine string) error { return cable(ctx, machine, "down") }

// heal plugs the cable in again.
func heal(ctx context.Context, machine string) error { return cable(ctx, machine, "up") }

func cable(ctx context.Context, machine, state string) error {
	o, err := running()
	if err != nil {
		return err
	}
	if err := o.known(machine); err != nil {
		return err
	}
	return setCable(ctx, machine, state)
}

// kill ends a machine as a power failure would; its disk stays.
func kill(machine string) error {
	o, err := running()
	if err != nil {
		return err
	}
	if err := o.known(machine); err != nil {
		return err
	}
	return killMachine(machine)
}

// startAgain starts a machine that was killed and returns when its pid 1 runs.
func startAgain(ctx context.Context, machine string) error {
	o, err := running()
	if err != nil {
		return err
	}
	if err := o.known(machine); err != nil {
		return err
	}
	return startMachine(ctx, machine)
}

// load imports an archive of images into the containerd of every node that runs.
func load(ctx context.Context, archive string) error {
	o, err := running()
	if err != nil {
		return err
	}
	for _, node := range o.nodes() {
		if err := loadInto(ctx, node, archive); err != nil {
			return fmt.Errorf("load %s into %s: %w", archive, node, err)
		}
	}
	return nil
}

func loadInto(ctx context.Context, node, archive string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	c, err := inside(ctx, node, "ctr", "-n", "k8s.io", "images", "import", "-")
	if err != nil {
		return err
	}
	c.Stdin = file
	return quietly(c)
}

// status prints a line per machine: whether it runs, its cable, and what the API server
// holds of it.
func status(ctx context.Context, out io.Writer) error {
	o, err := running()
	if err != nil {
		return err
	}
	client, err := openAPI(o)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "MACHINE\tADDRESS\tPROCESSES\tCABLE\tREADY")
	for _, machine := range o.machines() {
		if err := describe(ctx, table, client, machine); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "kubeconfig:", kubeconfigPath())
	return err
}

func describe(ctx context.Context, out io.Writer, client *api, machine string) error {
	alive, err := processes(machine)
	if err != nil {
		return err
	}
	isOut, err := isCut(ctx, machine)
	if err != nil {
		return err
	}
	cableIs := map[bool]string{true: "cut", false: "in"}[isOut]
	ready := client.nodeReady(ctx, machine)
	if machine == control {
		ready = map[bool]string{true: "True", false: "False"}[client.ready(ctx)]
	}
	if ready == "" {
		ready = "not known"
	}
	_, err = fmt.Fprintf(out, "%s\t%s\t%d\t%s\t%s\n", machine, machineAddress(machine), len(alive), cableIs, ready)
	return err
}

// running is the options of the cluster that is up; without one it fails with a sentence.
func running() (options, error) {
	if err := canRun(); err != nil {
		return options{}, err
	}
	return loadOptions()
}
