package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// recycle empties the volumes whose claims have gone and offers them again.
func recycle(ctx context.Context) error {
	o, err := running()
	if err != nil {
		return err
	}
	client, err := openAPI(o)
	if err != nil {
		return err
	}
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct{ Phase string }
		}
	}
	if err := client.call(ctx, http.MethodGet, "/api/v1/persistentvolumes", "", nil, &list); err != nil {
		return fmt.Errorf("list the volumes: %w", err)
	}
	for _, volume := range list.Items {
		if volume.Status.Phase != "Released" {
			continue
		}
		if err := client.offerAgain(ctx, volume.Metadata.Name); err != nil {
			return fmt.Errorf("offer the volume %s again: %w", volume.Metadata.Name, err)
		}
	}
	return nil
}

// offerAgain empties a volume, whose name is NODE-NUMBER, and lets it be claimed again. Its
// directory stays: a node has it mounted where a pod still ends.
func (a *api) offerAgain(ctx context.Context, name string) error {
	node, number, _ := strings.Cut(name, "-")
	dir := statePath(node, "var", "lib", "volumes", number)
	found, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range found {
		if err := os.RemoveAll(dir + "/" + entry.Name()); err != nil {
			return err
		}
	}
	return a.call(ctx, http.MethodPatch, "/api/v1/persistentvolumes/"+name, "application/merge-patch+json", []byte(`{"spec":{"claimRef":null}}`), nil)
}
