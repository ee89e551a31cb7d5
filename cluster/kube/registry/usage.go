package registry

import (
	"encoding/json"
	"net/http"
)

// Usage is what a registry keeps, in bytes.
type Usage struct {
	Used   int64 `json:"used"`
	Budget int64 `json:"budget"` // 0: as many as the disk holds
}

// serveUsage measures for the administrator.
func (r *Registry) serveUsage(w http.ResponseWriter, request *http.Request) {
	if !r.admits(w, request, "Only the administrator sees what is kept.") {
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
