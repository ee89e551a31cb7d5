package app

import "context"

// Session is what somebody who opens an endpoint joins: the output of a build, or a
// process.
type Session interface {
	// Join carries the streams until the session ends and returns how it ended. When ctx
	// ends, the far end has gone.
	Join(ctx context.Context, s Streams) (Exit, error)
}

// Endpoints publishes sessions for one WebSocket each. A runner is one.
type Endpoints interface {
	// Publish returns the path of a new endpoint, unguessable, good for one attach within
	// a minute.
	Publish(s Session) (path string)
}
