package registry

import (
	"encoding/json"
	"net/http"
)

// refusal is the body of an error as the distribution specification has it.
type refusal struct {
	Errors []diagnostic `json:"errors"`
}

type diagnostic struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// refuse answers with an error that clients of registries show to people.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	body := refusal{[]diagnostic{{code, message}}}
	_ = json.NewEncoder(w).Encode(body) // a client that is gone needs no answer
}
