// Command page is the smallest site there is: every page of it is the variable EDITION. It
// stands in the images that the bench deploys on Kubernetes.
package main

import (
	"cmp"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	edition := os.Getenv("EDITION")
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, edition) // whoever asked has gone
	})
	log.Fatal(http.ListenAndServe(":"+cmp.Or(os.Getenv("PORT"), "8000"), page))
}
