//go:build !linux

package router

import (
	"syscall"
	"time"
)

// endureSilence does nothing: only Linux lets a program say how long it waits for an
// acknowledgement.
func endureSilence(syscall.RawConn, time.Duration) error { return nil }
