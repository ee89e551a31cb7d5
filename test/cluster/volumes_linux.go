package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// volumesPerNode is how many volumes every node offers: directories on its own disk, ready
// to be claimed. They are not made on demand, nor emptied when their claim has gone.
const volumesPerNode = 8

//go:embed files/volume.yaml
var volumeObject string

func volumePath(number int) string { return "/var/lib/volumes/" + strconv.Itoa(number) }

// makeVolumes makes the directories of a node's volumes; it runs inside the node.
func makeVolumes() error {
	for number := range volumesPerNode {
		if err := os.MkdirAll(volumePath(number), 0o777); err != nil {
			return fmt.Errorf("make the volumes of the node: %w", err)
		}
	}
	return nil
}

// offerVolumes tells the API server of a node's volumes.
func (a *api) offerVolumes(ctx context.Context, node string) error {
	for number := range volumesPerNode {
		text := strings.NewReplacer("NODE", node, "NUMBER", strconv.Itoa(number)).Replace(volumeObject)
		if err := a.apply(ctx, text); err != nil {
			return err
		}
	}
	return nil
}
