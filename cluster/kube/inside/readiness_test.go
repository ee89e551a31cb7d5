package inside

import (
	"net/http"
	"testing"
	"time"
)

func TestAProbeThatComesTooEarlyIsHeldUntilTheProgramIsReady(t *testing.T) {
	r, err := openReadiness(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go r.serve()
	t.Cleanup(func() { _ = r.listener.Close() }) // which ends serve
	status := func() int {
		answer, err := http.Get("http://" + r.listener.Addr().String() + ReadinessPath)
		if err != nil {
			t.Error(err)
			return 0
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	if got := status(); got != http.StatusServiceUnavailable {
		t.Errorf("one that does not become ready is answered with %d", got)
	}
	told := make(chan int, 1)
	go func() { told <- status() }()
	r.set(true)
	if got := <-told; got != http.StatusOK {
		t.Errorf("one that becomes ready is answered with %d", got)
	}
	r.set(false)
	began := time.Now()
	if got := status(); got != http.StatusServiceUnavailable || time.Since(began) > holdProbe {
		t.Errorf("one that is ready no more is answered with %d after %v", got, time.Since(began))
	}
}
