//go:build !linux

package main

import (
	"context"
	"fmt"
)

func execute(context.Context) error {
	return fmt.Errorf("%w: it needs Linux, for its namespaces", errSkipped)
}
