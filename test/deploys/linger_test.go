package deploys

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"gondor/app"
)

// asks returns the status and the body of a path of the instance's host.
func (w *world) asks(path string) (int, string) {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.front.URL+path, nil)
	w.ok(err)
	request.Host = w.instance.Domain
	response, err := http.DefaultClient.Do(request)
	w.ok(err)
	body, err := io.ReadAll(response.Body)
	w.ok(errors.Join(err, response.Body.Close()))
	return response.StatusCode, string(body)
}

func TestWhatAPageLoadedBeforeTheSwitchLinksIsFoundForAWhile(t *testing.T) {
	w := newWorld(t, "web")
	w.deploy(web("one", 200))
	old := w.state("web").Replicas[0]
	w.deploy(web("two", 200))
	for path, want := range map[string]string{"/assets/one.css": "one", "/assets/two.css": "two"} {
		if status, body := w.asks(path); status != http.StatusOK || body != want {
			t.Errorf("right after the switch %s is answered %d %q, want 200 %q", path, status, body, want)
		}
	}
	back, err := w.app.Rollback(t.Context(), w.who, app.NewRollback{Instance: w.instance.ID})
	w.ok(err)
	if got := w.settled(back.ID); got.State != app.ReleaseActive {
		t.Fatalf("the rollback %s: %s", got.State, got.Message)
	}
	if status, body := w.asks("/assets/two.css"); status != http.StatusOK {
		t.Errorf("right after a rollback an asset of the newer release is answered %d %q", status, body)
	}
	w.until("the replaced replicas are gone", func() bool { return len(w.state("web").Replicas) == 1 })
	if dial(old.Address) {
		t.Error("the first replica still listens")
	}
	if status, body := w.asks("/assets/two.css"); status != http.StatusNotFound {
		t.Errorf("when nothing of v2 runs any more its asset is answered %d %q, want 404", status, body)
	}
}

func TestWhatLingersHoldsUpNoDeployAndIsToldAsDraining(t *testing.T) {
	w := newWorld(t, "web")
	w.deploy(web("page1", 200))
	first := w.state("web").Replicas[0].ID
	for i := range 2 { // the first still lingers, or it took longer than that to deploy
		w.deploy(web(fmt.Sprintf("page%d", i+2), 200))
		for _, replica := range w.state("web").Replicas {
			if replica.ID == first && replica.State != app.ReplicaDraining {
				t.Errorf("the replaced replica is %s, want draining", replica.State)
			}
		}
	}
	if got := w.page(); got != "page3 v3" {
		t.Errorf("the page is %q, want %q", got, "page3 v3")
	}
}
