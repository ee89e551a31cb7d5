package cli

import (
	"context"

	"gondor/app"
	"gondor/cluster/kube"
	"gondor/router"
)

// routerFollower is an engine whose routers are apart from this server.
type routerFollower interface {
	FollowRouters(ctx context.Context, l kube.RouterLog) error
}

// routerLog brings the lines of routers elsewhere to the access logs of instances.
func (s *server) routerLog() kube.RouterLog {
	return kube.RouterLog{Take: s.app.LogAccess, Read: func(line string) (app.ID[app.Instance], string, bool) {
		a, err := router.ParseAccess(line)
		return a.Instance, a.Text(), err == nil && a.Instance != ""
	}}
}
