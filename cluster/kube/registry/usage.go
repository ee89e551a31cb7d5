package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"gondor/app"
	"gondor/cluster/kube/image"
)

// Usage is what a registry keeps, in bytes.
type Usage struct {
	Used   int64 `json:"used"`
	Budget int64 `json:"budget"` // 0: as many as the disk holds
}

// serveUsage measures for the administrator.
func (r *Registry) serveUsage(w http.ResponseWriter, request *http.Request) {
	scope, err := controller{r.options.Key}.scope(request)
	if err != nil || !scope.IsAdmin() {
		challenge{}.SetHeaders(request, w)
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "Only the administrator sees what is kept.")
		return
	}
	if err := r.disk.measure(); err != nil {
		r.options.Logger.Error("what is kept was not measured", "error", err)
		refuse(w, http.StatusInternalServerError, "UNKNOWN", "What is kept could not be measured; the registry's log says why.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(Usage{r.disk.used.Load(), r.disk.budget}) // a client that is gone needs no answer
}

// Measure asks Gondor's own registry what it keeps. The store holds the administrator's
// token. CodeUnavailable when the registry can't be reached.
func Measure(ctx context.Context, store image.Store) (Usage, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, store.URL(usagePath), nil)
	if err != nil {
		return Usage{}, fmt.Errorf("ask the registry what it keeps: %w", err)
	}
	request.SetBasicAuth(store.Username, store.Password)
	client := http.Client{Transport: store.Transport()}
	answer, err := client.Do(request)
	if err != nil {
		return Usage{}, app.Fault(app.CodeUnavailable, "the registry at %s can't be reached: %v", store.Address, err)
	}
	defer func() { _ = answer.Body.Close() }() // it was only read
	if answer.StatusCode != http.StatusOK {
		return Usage{}, judge(answer)
	}
	var u Usage
	if err := json.NewDecoder(answer.Body).Decode(&u); err != nil {
		return Usage{}, fmt.Errorf("read what the registry keeps: %w", err)
	}
	return u, nil
}
