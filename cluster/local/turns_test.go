package local

import (
	"slices"
	"testing"

	"gondor/app"
)

// order empties the line and tells in which order turns come.
func order(t *testing.T, all map[string]*turn) []string {
	t.Helper()
	var came []string
	for len(came) < len(all) {
		before := len(came)
		for name, one := range all {
			select {
			case <-one.given:
				if !slices.Contains(came, name) {
					came = append(came, name)
					one.end()
				}
			default:
			}
		}
		if len(came) == before {
			t.Fatalf("after %q nobody's turn comes", came)
		}
	}
	return came
}

func TestTurnsComeByRankAndThenInTheOrderOfTheLine(t *testing.T) {
	var line turns
	all := map[string]*turn{
		"untried worker": line.queue(rank(app.Worker, false)),
		"worker":         line.queue(rank(app.Worker, true)),
		"untried web":    line.queue(rank(app.Web, false)),
		"web":            line.queue(rank(app.Web, true)),
		"another web":    line.queue(rank(app.Web, true)),
	}
	line.begin(1)
	want := []string{"web", "another web", "untried web", "worker", "untried worker"}
	if got := order(t, all); !slices.Equal(got, want) {
		t.Errorf("they came as %q", got)
	}
}

func TestATurnThatEndsTwiceOrBeforeItCameGivesNoMoreThanOne(t *testing.T) {
	var line turns
	first, second, third, fourth := line.queue(0), line.queue(0), line.queue(0), line.queue(0)
	second.end()
	line.begin(1)
	first.end()
	first.end()
	<-third.given
	select {
	case <-fourth.given:
		t.Error("two have the only turn")
	case <-second.given:
		t.Error("one has a turn that it gave up")
	default:
	}
}
