// Command gondor is a platform as a service in one binary.
package main

import (
	"os"

	"gondor/cli"
)

func main() { os.Exit(cli.Main()) }
