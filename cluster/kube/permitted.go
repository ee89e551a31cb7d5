package kube

import (
	"context"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// permissionPatience is how long rights that were just given may take to count.
const permissionPatience = 10 * time.Second

// permitted tries again for a while what is forbidden: the rights to a namespace count some
// moments after they were given.
func permitted[T any](ctx context.Context, try func() (T, error)) (T, error) {
	limit := time.Now().Add(permissionPatience)
	for pause := 50 * time.Millisecond; ; pause *= 2 {
		result, err := try()
		if !apierrors.IsForbidden(err) || isQuota(err) || time.Now().Add(pause).After(limit) {
			return result, err
		}
		select {
		case <-ctx.Done():
			return result, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// isQuota reports whether a quota of the namespace is what forbids. The API server has no
// reason of its own for that.
func isQuota(err error) bool { return err != nil && strings.Contains(err.Error(), "exceeded quota") }
