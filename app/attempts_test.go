package app

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestTriesThatAreMadeAllAtOnceAreCounted(t *testing.T) {
	var tried attempts
	var admitted atomic.Int32
	var all sync.WaitGroup
	now := time.Now()
	for range 10 * maxAttempts {
		all.Go(func() {
			if tried.admit("amy", now) {
				admitted.Add(1)
			}
		})
	}
	all.Wait()
	if got := admitted.Load(); got != maxAttempts {
		t.Errorf("%d tries are let in, want %d", got, maxAttempts)
	}
}

func TestASuccessTakesFailuresBack(t *testing.T) {
	var tried attempts
	now := time.Now()
	for range maxAttempts {
		tried.admit("amy", now)
	}
	tried.succeeded("amy")
	if !tried.admit("amy", now) {
		t.Error("the name is refused after a success")
	}
}

func TestTheNamesThatAreRememberedAreBounded(t *testing.T) {
	var tried attempts
	now := time.Now()
	for i := range maxAttempted + 100 {
		tried.admit(fmt.Sprint("name-", i), now.Add(time.Duration(i)*time.Microsecond))
	}
	if got := len(tried.byName); got != maxAttempted {
		t.Errorf("%d names are remembered, want %d", got, maxAttempted)
	}
	if _, known := tried.byName["name-0"]; known {
		t.Error("the oldest name is still remembered")
	}
	if _, known := tried.byName[fmt.Sprint("name-", maxAttempted+99)]; !known {
		t.Error("the newest name is not remembered")
	}
}

func TestNamesWhoseWindowIsOverMakeRoomFirst(t *testing.T) {
	var tried attempts
	now := time.Now()
	for i := range maxAttempted {
		tried.admit(fmt.Sprint("name-", i), now)
	}
	tried.admit("late", now.Add(attemptsWindow))
	if got := len(tried.byName); got != 1 {
		t.Errorf("%d names are remembered after their window, want the late one alone", got)
	}
}
