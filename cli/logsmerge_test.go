package cli

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"gondor/web/api"
)

// said is a source of lines that were said at these seconds, and of an error behind them.
func said(name string, failed error, seconds ...int64) iter.Seq2[namedLine, error] {
	return func(yield func(namedLine, error) bool) {
		for _, second := range seconds {
			if !yield(namedLine{name, api.LogLine{Time: time.Unix(second, 0)}}, nil) {
				return
			}
		}
		if failed != nil {
			yield(namedLine{}, failed)
		}
	}
}

func TestLinesOfSeveralSourcesAreInTheOrderOfTheirTimes(t *testing.T) {
	type sources = []iter.Seq2[namedLine, error]
	broken := errors.New("the server went away")
	for _, c := range []struct {
		name    string
		last    int
		sources sources
		want    []string
		failed  error
	}{
		{"of none", 0, nil, nil, nil},
		{"of one", 0, sources{said("web", nil, 1, 2)}, []string{"web 1", "web 2"}, nil},
		{"of two, in turns", 0, sources{said("web", nil, 1, 4, 5), said("worker", nil, 2, 3, 6)}, []string{"web 1", "worker 2", "worker 3", "web 4", "web 5", "worker 6"}, nil},
		{"at the same time, the first source first", 0, sources{said("web", nil, 1), said("worker", nil, 1)}, []string{"web 1", "worker 1"}, nil},
		{"the order of a source is kept, whatever its times", 0, sources{said("web", nil, 5, 1), said("worker", nil, 2)}, []string{"worker 2", "web 5", "web 1"}, nil},
		{"the last ones", 3, sources{said("web", nil, 1, 4, 5), said("worker", nil, 2, 3, 6)}, []string{"web 4", "web 5", "worker 6"}, nil},
		{"fewer than the last that are asked for", 9, sources{said("web", nil, 1)}, []string{"web 1"}, nil},
		{"a source that fails ends it", 0, sources{said("web", broken, 1), said("worker", nil, 2)}, []string{"web 1"}, broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			err := merge(c.sources, c.last, func(line namedLine) error {
				got = append(got, line.Service+" "+line.Time.UTC().Format("5"))
				return nil
			})
			if !errors.Is(err, c.failed) || !slices.Equal(got, c.want) {
				t.Errorf("it shows %q and ends with %v, want %q", got, err, c.want)
			}
		})
	}
}
