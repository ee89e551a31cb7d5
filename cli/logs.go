package cli

import (
	"cmp"
	"context"
	"fmt"
	"iter"
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
		Use: "logs [SERVICE | router]", Short: "Show what a service writes, or all services of the instance and its router", Args: mayTake("SERVICE"),
		Long: "Show what a service writes, or all services of the instance and, for each request, its router: the newest 100\n" +
			"lines, or all that fit when --since, --until or --grep narrow them. Times are such as 2026-03-01T12:00, 12:00\n" +
			"or 90m, which is so long ago.",
		ValidArgsFunction: p.completeOne(p.logNames),
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

// logNames are the names that the command takes.
func (p *Program) logNames(ctx context.Context) ([]string, error) {
	names, err := p.serviceNames(ctx)
	return append(names, app.RouterName), err
}

// logSource is a log with the name of who writes it: a service, or the router.
type logSource struct {
	name string
	log  api.Reference // what api.Client.Log takes
}

func sourceOf(service api.Service) logSource { return logSource{service.Name, service.URL} }

// logs shows the lines of one source, or of all, each with its name.
func (p *Program) logs(ctx context.Context, names []string, q api.LogQuery) error {
	if q.Last < 0 {
		return usage("--lines %d is too few; use 0 or more", q.Last)
	}
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
	}
	sources, err := p.sources(ctx, instance, names)
	if err != nil {
		return err
	}
	out := &logOutput{program: p, named: len(names) == 0}
	if q.Follow {
		f := &logFollower{program: p, instance: instance, whole: len(names) == 0, query: q, out: out}
		return f.follow(ctx, sources)
	}
	return p.mergeLogs(ctx, sources, q, out)
}

// sources are what is named, or all that the instance has.
func (p *Program) sources(ctx context.Context, instance api.Instance, names []string) ([]logSource, error) {
	router := logSource{app.RouterName, api.AccessOf(instance.URL)}
	if len(names) > 0 && names[0] == router.name {
		return []logSource{router}, nil
	}
	if len(names) > 0 {
		service, err := p.findService(ctx, names[0])
		return []logSource{sourceOf(service)}, err
	}
	services, err := p.server.Services(ctx, instance.URL)
	sources := []logSource{router}
	for _, service := range services {
		sources = append(sources, sourceOf(service))
	}
	return sources, err
}

// namedLine is a line with the name of its source.
type namedLine struct {
	Service string `json:"service"`
	api.LogLine
}

// lines yields the lines of a source. A server that is away for a while is waited for, and no
// line is missed or told twice.
func (p *Program) lines(ctx context.Context, source logSource, q api.LogQuery) iter.Seq2[namedLine, error] {
	return func(yield func(namedLine, error) bool) {
		for answered := time.Now(); ; {
			var broken error
			for line, err := range p.server.Log(ctx, source.log, q) {
				if broken = err; err != nil {
					break
				}
				q.After, q.Last = line.Cursor, 0
				if !yield(namedLine{source.name, line}, nil) {
					return
				}
				answered = time.Now() // by the server, and whoever takes the lines may be slow
			}
			away := app.CodeOf(broken) == app.CodeUnavailable && time.Since(answered) < serverGrace
			if broken != nil && away && pause(ctx, lastPause) == nil {
				continue
			}
			if broken != nil {
				yield(namedLine{}, cmp.Or(ctx.Err(), broken))
			}
			return
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
	from := cmp.Or(app.ShortReplica(line.Replica), string(line.Stream))
	if o.named && from != line.Service && !strings.HasPrefix(from, line.Service+"-") {
		from = line.Service + " " + from
	}
	return o.program.say("%s", fmt.Sprintf("%s %s | %s", line.Time.Local().Format("2006-01-02 15:04:05.000"), from, line.Text))
}
