package ui

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"gondor/app"
)

// logSource is one of the logs that are shown together.
type logSource struct {
	Key  string // in places of lines
	Name string
	read func(context.Context, app.LogQuery) iter.Seq2[app.LogLine, error]
}

// logSources are the logs of an instance, those of its services and of the router, or the one of
// them that is chosen.
func (d *dashboard) logSources(c *call, instance app.ID[app.Instance], services []app.ServiceStatus, chosen string) ([]logSource, error) {
	var sources []logSource
	if chosen == "" || chosen == app.RouterName {
		sources = append(sources, logSource{app.RouterName, app.RouterName, func(ctx context.Context, q app.LogQuery) iter.Seq2[app.LogLine, error] {
			return d.app.AccessLog(ctx, c.who, instance, q)
		}})
	}
	for _, service := range services {
		if chosen == "" || chosen == service.Name {
			sources = append(sources, logSource{string(service.ID), service.Name, func(ctx context.Context, q app.LogQuery) iter.Seq2[app.LogLine, error] {
				return d.app.ServiceLog(ctx, c.who, service.ID, q)
			}})
		}
	}
	if chosen != "" && len(sources) == 0 {
		return nil, app.NotFound("service")
	}
	return sources, nil
}

// line makes a line of the source fit to be shown beside those of others.
func (s logSource) line(line app.LogLine) logLine {
	shown := newLogLine(line)
	shown.Place = s.Key + ":" + shown.Place
	if !strings.HasPrefix(shown.Replica, s.Name+"-") {
		shown.Replica = strings.TrimSpace(s.Name + " " + shown.Replica)
	}
	return shown
}

// places are how far each source has been read: "KEY:CURSOR,KEY:CURSOR".
type places map[string]app.Cursor

func placesOf(text string) places {
	p := places{}
	for part := range strings.SplitSeq(text, ",") {
		if key, cursor, found := strings.Cut(part, ":"); found {
			p[key] = cursorOf(cursor)
		}
	}
	return p
}

func (p places) String() string {
	parts := make([]string, 0, len(p))
	for key, cursor := range p {
		parts = append(parts, fmt.Sprintf("%s:%d", key, cursor))
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// newest reads the last lines of all sources together, in the order of their times, and how
// far each has been read. Of each it reads what the query asks for behind its place.
func newest(ctx context.Context, sources []logSource, q app.LogQuery, from places) ([]logLine, places, error) {
	var lines []logLine
	to := places{}
	for _, source := range sources {
		q.After = from[source.Key]
		to[source.Key] = q.After
		for line, err := range source.read(ctx, q) {
			if err != nil {
				return nil, nil, err
			}
			lines, to[source.Key] = append(lines, source.line(line)), line.Cursor
		}
	}
	slices.SortStableFunc(lines, func(a, b logLine) int { return a.Time.Compare(b.Time) })
	return lines, to, nil
}

// follow yields the lines of all sources behind their places: those that are there in the
// order of their times, and then others as they come. It ends when all of them have, and with
// errAgain when that is the cause for which ctx has.
func follow(ctx context.Context, sources []logSource, q app.LogQuery, from places) iter.Seq2[logLine, error] {
	return func(yield func(logLine, error) bool) {
		q.Last = mostFollowed
		lines, from, err := newest(ctx, sources, q, from)
		if err != nil {
			yield(logLine{}, err)
			return
		}
		for _, line := range lines {
			if !yield(line, nil) {
				return
			}
		}
		q.Last, q.Follow = 0, true
		for line, err := range together(ctx, sources, q, from) {
			if !yield(line, err) {
				return
			}
		}
	}
}

// mostFollowed is how many lines of a source are told to who was away.
const mostFollowed = 5000

// together yields the lines of sources as they come.
func together(ctx context.Context, sources []logSource, q app.LogQuery, from places) iter.Seq2[logLine, error] {
	return func(yield func(logLine, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		lines := make(chan item[logLine])
		var readers sync.WaitGroup
		defer readers.Wait()
		defer cancel()
		for _, source := range sources {
			q := q
			q.After = from[source.Key]
			readers.Go(func() { source.pass(ctx, q, lines) })
		}
		go func() {
			readers.Wait()
			close(lines)
		}()
		for one := range lines {
			if !yield(one.value, one.err) {
				return
			}
		}
		if errors.Is(context.Cause(ctx), errAgain) {
			yield(logLine{}, errAgain)
		}
	}
}

// pass hands the lines of a source on until it ends or ctx does.
func (s logSource) pass(ctx context.Context, q app.LogQuery, to chan<- item[logLine]) {
	for line, err := range s.read(ctx, q) {
		one := item[logLine]{err: err}
		if err == nil {
			one.value = s.line(line)
		}
		select {
		case to <- one:
		case <-ctx.Done():
			return
		}
	}
}
