package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gondor/app"
	"gondor/router"
)

// accessLogTime is how long a batch of lines may take.
const accessLogTime = 10 * time.Second

// accessLogs are all that are told of each request.
type accessLogs []router.AccessLog

// Log implements router.AccessLog.
func (l accessLogs) Log(a router.Access) {
	for _, one := range l {
		one.Log(a)
	}
}

// logAccesses writes a batch into the log of its instance. The sites go on when that fails.
func logAccesses(ctx context.Context, a *app.App, log *slog.Logger, batch router.AccessBatch) {
	ctx, cancel := context.WithTimeout(ctx, accessLogTime)
	defer cancel()
	if err := a.LogAccess(ctx, batch.Instance, accessLines(batch)); err != nil {
		log.Warn("write the access log of an instance", "instance", batch.Instance, "requests", len(batch.Accesses), "error", err)
	}
}

func accessLines(batch router.AccessBatch) []app.LogLine {
	lines := make([]app.LogLine, 0, len(batch.Accesses)+1)
	for _, a := range batch.Accesses {
		lines = append(lines, app.LogLine{Time: a.Time.Add(a.Took), Stream: app.Router, Text: a.Text()})
	}
	if batch.Left > 0 {
		text := fmt.Sprintf("%d more requests are not listed: they came faster than lines could be written", batch.Left)
		lines = append(lines, app.LogLine{Stream: app.Router, Text: text})
	}
	return lines
}
