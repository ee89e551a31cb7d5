package cli

import (
	"context"
	"iter"

	"gondor/web/api"
)

// mergeLogs shows the lines of several sources in the order of their times.
func (p *Program) mergeLogs(ctx context.Context, sources []logSource, q api.LogQuery, out *logOutput) error {
	var all []iter.Seq2[namedLine, error]
	for _, source := range sources {
		all = append(all, p.lines(ctx, source, q))
	}
	return merge(all, q.Last, out.write)
}

// merge writes the lines of several sources in the order of their times: the last so many, or
// all for 0. It holds one line of each, and those last ones.
func merge(sources []iter.Seq2[namedLine, error], most int, write func(namedLine) error) error {
	heads, err := headsOf(sources)
	defer func() {
		for _, head := range heads {
			head.stop()
		}
	}()
	last := lastLines{most: most, write: write}
	for err == nil {
		first := firstOf(heads)
		if first == nil {
			return last.end()
		}
		if err = last.add(first.line); err == nil {
			err = first.advance()
		}
	}
	return err
}

// head is the next line of a source.
type head struct {
	line namedLine
	more bool // there is one
	next func() (namedLine, error, bool)
	stop func()
}

// headsOf begins to read each source.
func headsOf(sources []iter.Seq2[namedLine, error]) (heads []*head, err error) {
	for _, source := range sources {
		h := &head{}
		h.next, h.stop = iter.Pull2(source)
		heads = append(heads, h)
		if err := h.advance(); err != nil {
			return heads, err
		}
	}
	return heads, nil
}

func (h *head) advance() (err error) {
	h.line, err, h.more = h.next()
	return err
}

// firstOf is the oldest of the next lines; nil when there is none.
func firstOf(heads []*head) *head {
	var first *head
	for _, h := range heads {
		if h.more && (first == nil || h.line.Time.Before(first.line.Time)) {
			first = h
		}
	}
	return first
}

// lastLines writes the last lines of those that are added; all of them as they come when it has
// no most.
type lastLines struct {
	most  int
	write func(namedLine) error
	kept  []namedLine // a ring, once it is full
	at    int         // the oldest of it
}

func (l *lastLines) add(line namedLine) error {
	switch {
	case l.most == 0:
		return l.write(line)
	case len(l.kept) < l.most:
		l.kept = append(l.kept, line)
	default:
		l.kept[l.at] = line
		l.at = (l.at + 1) % l.most
	}
	return nil
}

func (l *lastLines) end() error {
	for i := range l.kept {
		if err := l.write(l.kept[(l.at+i)%len(l.kept)]); err != nil {
			return err
		}
	}
	return nil
}
