package routes

import (
	"log/slog"
	"sync"
)

// outage tells operators once that the API server does not answer, and once that it does
// again. It is safe for concurrent use.
type outage struct {
	log *slog.Logger

	mu   sync.Mutex
	says string // the error that was told; empty while all is well
}

func (o *outage) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.says == "" {
		o.log.Warn("the API server does not tell of the routes; those that are known stay in force", "error", err)
	}
	o.says = err.Error()
}

func (o *outage) over() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.says != "" {
		o.log.Info("the API server tells of the routes again")
	}
	o.says = ""
}
