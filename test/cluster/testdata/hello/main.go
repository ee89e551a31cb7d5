// Command hello answers with the name of its node; /fetch?url=URL answers what it gets there;
// /kept answers what was posted there, from a file in /data.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getenv("NODE")) })
	http.HandleFunc("/fetch", fetch)
	http.HandleFunc("GET /kept", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, kept) })
	http.HandleFunc("POST /kept", keep)
	log.Fatal(http.ListenAndServe(":8080", nil))
}

const kept = "/data/kept"

func keep(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err == nil {
		err = os.WriteFile(kept, text, 0o600)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func fetch(w http.ResponseWriter, r *http.Request) {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(r.URL.Query().Get("url"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}
