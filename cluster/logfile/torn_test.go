package logfile

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"gondor/app"
)

// written returns a segment of so many lines, "0" and on, and where each begins.
func written(t *testing.T, lines int) (dir string, data []byte, begins []int) {
	t.Helper()
	dir = t.TempDir()
	s := NewStore(dir, DefaultLimits())
	for i := range lines {
		must(t, s.Append(web, fmt.Sprint(i)))
	}
	must(t, s.Shut())
	data, err := os.ReadFile(onlySegment(dir))
	must(t, err)
	for at := 0; at < len(data); {
		_, n, err := decode(data[at:])
		must(t, err)
		begins = append(begins, at)
		at += n
	}
	return dir, data, begins
}

func onlySegment(dir string) string {
	return segment{first: 1}.path(filepath.Join(dir, "service", "web"))
}

// A disk that lost its power may have any of the pages that were not synced, and zeros for the
// others.
func TestAfterALossOfPowerAllThatIsWholeIsRead(t *testing.T) {
	tests := map[string]struct {
		damage func(data []byte, begins []int) []byte
		want   []string
	}{
		"zeros at the end":                      {func(d []byte, b []int) []byte { clear(d[b[3]:]); return d }, []string{"0", "1", "2"}},
		"zeros for whole records in the middle": {func(d []byte, b []int) []byte { clear(d[b[1]:b[3]]); return d }, []string{"0", "3", "4"}},
		"zeros across records":                  {func(d []byte, b []int) []byte { clear(d[b[1]+5 : b[2]+5]); return d }, []string{"0", "3", "4"}},
		"zeros at the beginning":                {func(d []byte, b []int) []byte { clear(d[:b[1]+5]); return d }, []string{"2", "3", "4"}},
		"a changed byte in the middle":          {func(d []byte, b []int) []byte { d[b[2]+headerSize+3] ^= 1; return d }, []string{"0", "1", "3", "4"}},
		"a changed length in the middle":        {func(d []byte, b []int) []byte { d[b[2]+3] += 40; return d }, []string{"0", "1", "3", "4"}},
		"a hole of many records' length": {func(d []byte, b []int) []byte {
			return append(append(bytes.Clone(d[:b[2]]), make([]byte, 5*maxRecord)...), d[b[2]:]...)
		}, []string{"0", "1", "2", "3", "4"}},
		"nothing but zeros": {func(d []byte, _ []int) []byte { clear(d); return d }, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir, data, begins := written(t, 5)
			must(t, os.WriteFile(onlySegment(dir), test.damage(data, begins), 0o600))
			s := NewStore(dir, DefaultLimits())
			expect(t, texts(t, s, app.LogQuery{Log: web}), test.want...)
			must(t, s.Append(web, "new"))
			want := append(test.want[:len(test.want):len(test.want)], "new")
			expect(t, texts(t, s, app.LogQuery{Log: web}), want...)
			expect(t, texts(t, s, app.LogQuery{Log: web, Grep: "[0-9a-z]", Last: 100}), want...)
			var last app.Cursor
			for line, err := range s.Lines(t.Context(), app.LogQuery{Log: web}) {
				must(t, err)
				if line.Cursor <= last {
					t.Fatalf("the cursor of %+v is not above %d", line, last)
				}
				last = line.Cursor
			}
		})
	}
}

func TestWhateverIsDamagedNoLineIsTornOrTwiceOrOutOfOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		dir, data, _ := written(t, 30)
		switch from := random.IntN(len(data)); round % 3 {
		case 0:
			data = data[:from]
		case 1:
			clear(data[from:min(len(data), from+random.IntN(200))])
		case 2:
			data[from] ^= byte(1 + random.IntN(255))
		}
		must(t, os.WriteFile(onlySegment(dir), data, 0o600))
		last := -1
		for _, text := range texts(t, NewStore(dir, DefaultLimits()), app.LogQuery{Log: web}) {
			var n int
			if _, err := fmt.Sscanf(text, "%d", &n); err != nil || fmt.Sprint(n) != text || n <= last {
				t.Fatalf("round %d: behind %d there is %q", round, last, text)
			}
			last = n
		}
	}
}

func TestACursorThatALossOfPowerTookBackIsAtTheEnd(t *testing.T) {
	s := NewStore(t.TempDir(), DefaultLimits())
	must(t, s.Append(web, "before"))
	ctx, cancel := context.WithCancel(t.Context())
	lines, _ := follow(t, ctx, s, app.LogQuery{Log: web, After: 1000, Follow: true})
	for got := false; !got; {
		must(t, s.Append(web, "behind"))
		select {
		case line := <-lines:
			expect(t, []string{line}, "behind")
			got = true
		default:
		}
	}
	cancel()
	for range lines {
	}
}
