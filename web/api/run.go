package api

import (
	"time"

	"gondor/app"
)

// NewRun asks for a one-off process beside a service.
type NewRun struct {
	Command   string `json:"command"` // for sh
	Size      string `json:"size,omitempty"`
	TimeLimit int    `json:"time_limit,omitempty"` // seconds; 0: none
	// Detach has it begin at once, with its output in a log: there is no endpoint then.
	Detach bool `json:"detach,omitempty"`
}

// Endpoint is where a process is joined: HOST[:PORT]/PATH without a scheme. It is
// itself the secret that lets one in, once, within a minute.
type Endpoint struct {
	Endpoint string     `json:"endpoint"`
	Run      *Reference `json:"run,omitempty"` // of a run
}

// Run is a one-off process that somebody asked for.
type Run struct {
	Instance  Reference    `json:"instance"`
	Service   string       `json:"service"` // its name
	Release   int          `json:"release"` // its number; 0 when it is kept no more
	User      string       `json:"user"`    // who asked for it
	Command   string       `json:"command"`
	Size      string       `json:"size"`
	TimeLimit int          `json:"time_limit"` // seconds; 0: none
	Detached  bool         `json:"detached"`
	State     app.RunState `json:"state"`
	Code      *int         `json:"exit_code"` // null before its end, and when that was not seen
	Message   string       `json:"message"`   // how it ended, where that has to be said
	Created   time.Time    `json:"created"`
	Started   *time.Time   `json:"started"`
	Ended     *time.Time   `json:"ended"`
	URL       Reference    `json:"url"`
}
