package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"gondor/cluster/kube/registry"
)

// serveRegistry turns this process into Gondor's registry of a directory, with the key that
// is given, if it was started as one.
func serveRegistry() {
	if len(os.Args) != 4 || os.Args[1] != "test-registry" {
		return
	}
	r, err := registry.Open(registry.Options{Data: os.Args[2], Key: []byte(os.Args[3]), Logger: slog.Default()})
	if err == nil {
		err = http.ListenAndServe(":5000", r)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
