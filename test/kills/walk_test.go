package kills

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gondor/cli/killpoint"
)

// The variables of a longer run.
const (
	// envAll walks through all points, and has 50 random moments; `make kills` sets it.
	// Without it a few of both are chosen: the whole takes half an hour.
	envAll = "GONDOR_KILLS_ALL"
	// envSeed chooses the same points and moments again.
	envSeed = "GONDOR_KILLS_SEED"
)

// How many points of each walk and how many moments a short run has.
const (
	fewPoints  = 2
	fewMoments = 2
	allMoments = 50
)

// mostPasses is how often a point that is passed again and again is killed at: the
// reconciler says the same to the engine at each look.
const mostPasses = 2

func all() bool { return os.Getenv(envAll) != "" }

// seeded returns a source of chance, whose seed it prints.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv(envSeed), fmt.Sprint(rand.Uint64())), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", envSeed, err)
	}
	t.Logf("%s=%d", envSeed, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// survey deploys and returns the orders to kill the victims at each of the points that a
// role passes then. The supervisor names its points by its processes, which have other
// names in each release: they are only counted.
func (i *installation) survey(role string, victims []string) []killpoint.Order {
	i.Helper()
	i.ok(i.forget("passed"))
	i.deployInPeace()
	passes := map[string]int{}
	var orders []killpoint.Order
	for _, point := range i.passed(role) {
		if role == killpoint.Supervisor {
			point = ""
		}
		if passes[point]++; point == "" || passes[point] <= mostPasses {
			orders = append(orders, killpoint.Order{Role: role, Point: point, Pass: passes[point], Victims: victims})
		}
	}
	return orders
}

// chosen are the orders that a run has the time for.
func chosen(chance *rand.Rand, orders []killpoint.Order) []killpoint.Order {
	if all() || len(orders) <= fewPoints {
		return orders
	}
	some := make([]killpoint.Order, 0, fewPoints)
	for _, at := range slices.Sorted(slices.Values(chance.Perm(len(orders))[:fewPoints])) {
		some = append(some, orders[at])
	}
	return some
}

// where names the point of an order.
func where(o killpoint.Order) string {
	return strings.TrimSpace(fmt.Sprintf("at pass %d of %s %s", o.Pass, o.Role, o.Point))
}
