package clustertest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// siteArgument makes the test binary a site.
const siteArgument = "clustertest-site"

// Site turns this process into the web process of a site, and never returns, if that is
// what it was started as. TestMain calls it first.
func Site() {
	if len(os.Args) == 3 && os.Args[1] == siteArgument {
		fmt.Println("the site starts")
		if err := serveSite(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// serveSite serves on a port of HOST, loopback by default, until SIGTERM. SITE_STATUS is what it answers to /, 200 at
// first; SITE_HOST is the only host that it answers to.
func serveSite(port string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", net.JoinHostPort(cmp.Or(os.Getenv("HOST"), "127.0.0.1"), port))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: siteHandler(os.Getenv("SITE_STATUS"))}
	go func() {
		<-ctx.Done()
		fmt.Println("the site ends")
		_ = server.Shutdown(context.Background()) // the process ends anyway
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// siteHandler answers to / with a status that /become/STATUS changes, to /env with the
// environment, to /pid with the process ID, to /asked with how often it was asked for / and
// to /crash with its own death. It remembers what /warm/NAME was asked for and tells it at
// /warmed; /held waits for /let-go.
func siteHandler(first string) http.Handler {
	var status atomic.Int64
	status.Store(http.StatusOK)
	if n, err := strconv.Atoi(first); err == nil {
		status.Store(int64(n))
	}
	mux := http.NewServeMux()
	var asked atomic.Int64
	mux.HandleFunc("GET /asked", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, asked.Load()) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if host := os.Getenv("SITE_HOST"); host != "" && r.Host+" "+r.Header.Get("X-Forwarded-Proto") != host {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Location", "/nowhere")
		w.WriteHeader(int(status.Load()))
	})
	mux.HandleFunc("GET /become/{status}", func(_ http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.PathValue("status")) // the tests send numbers
		status.Store(int64(n))
	})
	mux.HandleFunc("GET /env", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(os.Environ()) })
	mux.HandleFunc("GET /pid", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, os.Getpid()) })
	mux.HandleFunc("GET /nowhere", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	var warmed sync.Map
	var count atomic.Int64
	mux.HandleFunc("GET /warm/{name}", func(_ http.ResponseWriter, r *http.Request) {
		warmed.Store(count.Add(1), r.Host+"/"+r.PathValue("name"))
	})
	mux.HandleFunc("GET /warmed", func(w http.ResponseWriter, _ *http.Request) {
		for n := range count.Load() {
			one, _ := warmed.Load(n + 1)
			_, _ = fmt.Fprintln(w, one)
		}
	})
	letGo := make(chan struct{})
	mux.HandleFunc("GET /held", func(http.ResponseWriter, *http.Request) { <-letGo })
	mux.HandleFunc("GET /let-go", func(http.ResponseWriter, *http.Request) { close(letGo) })
	mux.HandleFunc("GET /crash", func(http.ResponseWriter, *http.Request) {
		fmt.Println("the site crashes")
		os.Exit(3)
	})
	return mux
}
