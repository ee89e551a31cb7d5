package world

import "syscall"

// exclusive and shared are how a lock is held.
const (
	exclusive = syscall.LOCK_EX
	shared    = syscall.LOCK_SH
)
