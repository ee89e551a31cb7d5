package main

import (
	"fmt"
	"os"

	"gondor/app"
	"gondor/cluster/logfile"
	"gondor/router"
)

// accessLogs are all that are told of each request, as in gondor serve.
type accessLogs []router.AccessLog

// Log implements router.AccessLog.
func (l accessLogs) Log(a router.Access) {
	for _, one := range l {
		one.Log(a)
	}
}

// instanceLogs writes lines as gondor serve and its supervisor do, but in one process: so all
// that they cost is counted, except for the socket between the two.
func instanceLogs() (batches *router.AccessBatches, remove func(), err error) {
	dir, err := os.MkdirTemp("", "gondor-bench-logs-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a directory for logs: %w", err)
	}
	store := logfile.NewStore(dir, logfile.DefaultLimits())
	batches = router.NewAccessBatches(func(b router.AccessBatch) {
		if err := keep(store, b); err != nil {
			fmt.Fprintln(os.Stderr, "keep an access log:", err)
		}
	})
	return batches, func() { _ = batches.Close(); _ = store.Shut(); _ = os.RemoveAll(dir) }, nil
}

func keep(store *logfile.Store, b router.AccessBatch) error {
	lines := make([]app.LogLine, len(b.Accesses))
	for i, a := range b.Accesses {
		lines[i] = app.LogLine{Time: a.Time.Add(a.Took), Stream: app.Router, Text: a.Text()}
	}
	lines, err := logfile.DecodeLines(logfile.EncodeLines(lines))
	if err == nil {
		err = store.Write(app.AccessLog(b.Instance), lines...)
	}
	if b.Left > 0 {
		fmt.Fprintln(os.Stderr, b.Left, "requests are not in the log of the instance")
	}
	return err
}
