package supervisor

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"gondor/app"
	"gondor/cluster/logfile"
)

// Append writes a line of app.Gondor to a log; several when the text has newlines. A
// log that was closed is open again.
func (c *Client) Append(ctx context.Context, log app.LogName, text string) error {
	_, err := c.ask(ctx, request{Op: opAppend, Log: log, Text: text})
	return err
}

// Write writes lines with their times and streams; their cursors are given. A log that was
// closed is open again.
func (c *Client) Write(ctx context.Context, log app.LogName, lines ...app.LogLine) error {
	for part := range slices.Chunk(lines, logfile.MostLines) {
		k, err := c.open(ctx, request{Op: opWriteLog, Log: log})
		if err != nil {
			return fmt.Errorf("%s: %w", opWriteLog, err)
		}
		err = k.lost(writeFrame(k, kindLines, logfile.EncodeLines(part)))
		if err == nil {
			_, err = k.next()
		}
		k.end()
		if err != nil {
			return err
		}
	}
	return nil
}

// CloseLog says that nothing more is written to the log, so that who follows it ends.
func (c *Client) CloseLog(ctx context.Context, log app.LogName) error {
	_, err := c.ask(ctx, request{Op: opCloseLog, Log: log})
	return err
}

// Lines yields the lines of a log in order, none when nobody has written to it. Lines
// that left the log's budget are not there; who follows more slowly than is written
// misses those too, and neither slows the writer. With Follow it ends when the log is
// closed or dropped, or with ctx's error.
func (c *Client) Lines(ctx context.Context, q app.LogQuery) iter.Seq2[app.LogLine, error] {
	return func(yield func(app.LogLine, error) bool) {
		k, err := c.open(ctx, request{Op: opLines, Query: &q})
		if err != nil {
			yield(app.LogLine{}, err)
			return
		}
		defer k.end()
		for {
			p, err := k.next()
			if err != nil {
				yield(app.LogLine{}, err)
				return
			}
			for _, line := range p.Lines {
				if !yield(line, nil) {
					return
				}
			}
			if p.Done {
				return
			}
		}
	}
}

// DropLog removes a log; who follows it ends. No error when there is none.
func (c *Client) DropLog(ctx context.Context, log app.LogName) error {
	_, err := c.ask(ctx, request{Op: opDropLog, Log: log})
	return err
}

// TrimLogs removes the oldest segments of all logs until they have no more bytes
// together, and returns how many they have then; see logfile.Store.Trim.
func (c *Client) TrimLogs(ctx context.Context, most int64) (int64, error) {
	p, err := c.ask(ctx, request{Op: opTrimLogs, Bytes: most})
	return p.Bytes, err
}

// LogUse returns the bytes that each log has.
func (c *Client) LogUse() (map[app.LogName]int64, error) {
	return logfile.NewStore(logsDir(c.dir), logfile.Limits{}).Use()
}
