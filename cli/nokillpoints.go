//go:build !killpoints

package cli

import (
	"gondor/app"
	"gondor/cluster/local"
	"gondor/cluster/local/supervisor"
)

// What a build with the tag killpoints changes, so that tests can kill Gondor wherever a
// kill could hurt; see killpoints.go. Here it is nothing.

func ports(p app.Ports) app.Ports                        { return p }
func supervised(o supervisor.Options) supervisor.Options { return o }
func placed(o local.Options) local.Options               { return o }
