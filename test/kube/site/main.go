// Command site is Gondor as tests carry it into pods: it is also a site.
package main

import (
	"os"

	"gondor/cli"
	"gondor/cluster/clustertest"
)

func main() {
	clustertest.Site()
	serveRegistry()
	os.Exit(cli.Main())
}
