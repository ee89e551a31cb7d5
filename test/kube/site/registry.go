package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

// serveRegistry turns this process into a registry in a directory, open to everybody, if it
// was started as one.
func serveRegistry() {
	if len(os.Args) != 3 || os.Args[1] != "test-registry" {
		return
	}
	handler := registry.New(
		registry.WithBlobHandler(registry.NewDiskBlobHandler(os.Args[2])),
		registry.Logger(log.New(os.Stderr, "", log.LstdFlags)),
	)
	fmt.Fprintln(os.Stderr, http.ListenAndServe(":5000", handler))
	os.Exit(1)
}
