package router_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/router"
)

// taken collects what is given out.
type taken struct {
	mu       sync.Mutex
	accesses map[app.ID[app.Instance]][]router.Access
	left     map[app.ID[app.Instance]]int
	largest  int
}

func newTaken() *taken {
	return &taken{accesses: map[app.ID[app.Instance]][]router.Access{}, left: map[app.ID[app.Instance]]int{}}
}

func (t *taken) take(b router.AccessBatch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.accesses[b.Instance] = append(t.accesses[b.Instance], b.Accesses...)
	t.left[b.Instance] += b.Left
	t.largest = max(t.largest, len(b.Accesses))
}

func (t *taken) count(instance app.ID[app.Instance]) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.accesses[instance])
}

func TestRequestsAreGivenOutInBatchesOfTheirInstance(t *testing.T) {
	got := newTaken()
	b := router.NewAccessBatches(got.take)
	for i := range 10 {
		b.Log(router.Access{Instance: app.ID[app.Instance](fmt.Sprint("i", i%2)), Status: i})
	}
	b.Log(router.Access{Host: "of.nobody.example.com"})
	began := time.Now()
	eventually(t, "ten requests", func() bool { return got.count("i0") == 5 && got.count("i1") == 5 })
	if waited := time.Since(began); waited > 3*time.Second {
		t.Errorf("they came after %s", waited)
	}
	for i, a := range got.accesses["i1"] {
		if a.Status != 2*i+1 {
			t.Errorf("the request %d of the second instance is %d", i, a.Status)
		}
	}
	must(t, b.Close())
	b.Log(router.Access{Instance: "i0"})
	b.Flush()
	equal(t, "requests of the first", got.count("i0"), 5)
	equal(t, "requests of nobody", got.count(""), 0)
}

func TestWhatComesFasterThanItIsTakenIsCountedAndNobodyWaits(t *testing.T) {
	got, begun, goOn := newTaken(), make(chan struct{}, 1), make(chan struct{})
	b := router.NewAccessBatches(func(batch router.AccessBatch) {
		select {
		case begun <- struct{}{}:
			<-goOn
		default:
		}
		got.take(batch)
	})
	b.Log(router.Access{Instance: "i1"})
	eventually(t, "the first is being taken", func() bool { return len(begun) == 1 })
	for range 10_000 {
		b.Log(router.Access{Instance: "i1"})
	}
	close(goOn)
	must(t, b.Close())
	equal(t, "all that came", got.count("i1")+got.left["i1"], 10_001)
	if got.left["i1"] == 0 || got.count("i1") < 8000 {
		t.Errorf("%d were taken, %d are counted", got.count("i1"), got.left["i1"])
	}
}
