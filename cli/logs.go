package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"gondor/app"
	"gondor/web/api"
)

func (p *Program) logsCommand() *cobra.Command {
	var q api.LogQuery
	var since, until string
	c := &cobra.Command{
		Use: "logs [SERVICE]", Short: "Show what a service writes, or all services of the instance", Args: mayTake("SERVICE"),
		Long: "Show what a service writes, or all services of the instance: the newest 100 lines, or all that fit when\n" +
			"--since, --until or --grep narrow them. Times are such as 2026-03-01T12:00, 12:00 or 90m, which is so long ago.",
		ValidArgsFunction: p.completeOne(p.serviceNames),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if q.Since, err = momentOf("--since", since, time.Now()); err != nil {
				return err
			}
			if q.Until, err = momentOf("--until", until, time.Now()); err != nil {
				return err
			}
			narrow := since != "" || until != "" || q.Grep != ""
			if narrow && !c.Flags().Changed("lines") {
				q.Last = 0
			}
			return p.logs(c.Context(), args, q)
		},
	}
	c.Flags().IntVarP(&q.Last, "lines", "n", 100, "how many of the newest lines; 0 is all that are kept")
	c.Flags().StringVar(&since, "since", "", "only lines of this time and later")
	c.Flags().StringVar(&until, "until", "", "only lines before this time")
	c.Flags().StringVarP(&q.Grep, "grep", "g", "", "only lines that match this regular expression")
	c.Flags().BoolVarP(&q.Follow, "follow", "f", false, "go on with new lines until Ctrl-C")
	return c
}

// momentOf reads a time as people say it; the zero time when they say none.
func momentOf(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	if t, err := time.ParseInLocation("2006-01-02 15:04", now.Format(time.DateOnly)+" "+text, now.Location()); err == nil {
		return t, nil
	}
	return time.Time{}, usage("%s %q is not a time; use one such as 2026-03-01T12:00, 12:00 or 90m", flag, text)
}

// logs shows the lines of one service, or of all, each with its name.
func (p *Program) logs(ctx context.Context, names []string, q api.LogQuery) error {
	if q.Last < 0 {
		return usage("--lines %d is too few; use 0 or more", q.Last)
	}
	services, err := p.namedServices(ctx, names)
	if err != nil {
		return err
	}
	out := &logOutput{program: p, named: len(services) > 1}
	if q.Follow {
		return p.followLogs(ctx, services, q, out)
	}
	return p.mergeLogs(ctx, services, q, out)
}

func (p *Program) namedServices(ctx context.Context, names []string) ([]api.Service, error) {
	if len(names) > 0 {
		service, err := p.findService(ctx, names[0])
		return []api.Service{service}, err
	}
	instance, err := p.findInstance(ctx)
	if err != nil {
		return nil, err
	}
	return p.server.Services(ctx, instance.URL)
}

// namedLine is a line with the service whose it is.
type namedLine struct {
	Service string `json:"service"`
	api.LogLine
}

// mergeLogs shows the lines of several services in the order of their times.
func (p *Program) mergeLogs(ctx context.Context, services []api.Service, q api.LogQuery, out *logOutput) error {
	var all []namedLine
	for _, service := range services {
		for line, err := range p.server.Log(ctx, service.URL, q) {
			if err != nil {
				return err
			}
			if len(services) == 1 { // it may be long: nothing is gathered
				if err := out.write(namedLine{service.Name, line}); err != nil {
					return err
				}
				continue
			}
			all = append(all, namedLine{service.Name, line})
		}
	}
	slices.SortStableFunc(all, func(a, b namedLine) int { return a.Time.Compare(b.Time) })
	if q.Last > 0 {
		all = all[max(0, len(all)-q.Last):]
	}
	for _, line := range all {
		if err := out.write(line); err != nil {
			return err
		}
	}
	return nil
}

// followLogs shows the lines of services as they come, until all logs have ended.
func (p *Program) followLogs(ctx context.Context, services []api.Service, q api.LogQuery, out *logOutput) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(services))
	for _, service := range services {
		go func() { ended <- p.followLog(ctx, service, q, out) }()
	}
	var failed error
	for range services {
		if err := <-ended; err != nil {
			cancel() // the others have nothing to say any more
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// followLog follows one log. A server that is away for a while is waited for, and no line is
// missed or shown twice.
func (p *Program) followLog(ctx context.Context, service api.Service, q api.LogQuery, out *logOutput) error {
	for answered := time.Now(); ; {
		err := func() error {
			for line, err := range p.server.Log(ctx, service.URL, q) {
				if err != nil {
					return err
				}
				answered = time.Now()
				q.After, q.Last = line.Cursor, 0
				if err := out.write(namedLine{service.Name, line}); err != nil {
					return err
				}
			}
			return nil
		}()
		switch {
		case err == nil || ctx.Err() != nil:
			return ctx.Err()
		case app.CodeOf(err) != app.CodeUnavailable || time.Since(answered) > serverGrace:
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lastPause):
		}
	}
}

// logOutput writes lines, one at a time.
type logOutput struct {
	program *Program
	named   bool // each with the name of its service
	mu      sync.Mutex
}

func (o *logOutput) write(line namedLine) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.program.flags.output == outputJSON {
		return o.program.writeJSON(line)
	}
	from := cmp.Or(app.ShortReplica(line.Replica), "gondor")
	if o.named && !strings.HasPrefix(from, line.Service+"-") {
		from = line.Service + " " + from
	}
	return o.program.say("%s", fmt.Sprintf("%s %s | %s", line.Time.Local().Format("2006-01-02 15:04:05.000"), from, line.Text))
}
