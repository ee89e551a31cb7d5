package cli

import "time"

// startTime is after how long the start of a process is over, for sure.
const startTime = 5 * time.Second

// settle gives back what only the start of a process that lives long has needed, once
// that is over; stop ends the waiting for it.
func settle() (stop func()) {
	timer := time.AfterFunc(startTime, func() { _ = forgetStart() }) // what is not given back is kept: no harm
	return func() { timer.Stop() }
}
