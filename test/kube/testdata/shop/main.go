// Command shop is a site under load: a page with assets, orders that are posted, and a
// report that takes its time.
package main

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

//go:embed page.html
var page []byte

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	mux.HandleFunc("GET /style.css", text("text/css", "p { color: green }\n"))
	mux.HandleFunc("GET /cart.js", text("text/javascript", "console.log('cart');\n"))
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	mux.HandleFunc("GET /report", report)
	serve(ctx, &http.Server{Addr: ":" + os.Getenv("PORT"), Handler: mux})
}

// serve answers until ctx ends, and then lets requests come to their end.
func serve(ctx context.Context, server *http.Server) {
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ended <- server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
}

func text(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, body)
	}
}

// report comes a line a second, ten lines.
func report(w http.ResponseWriter, r *http.Request) {
	for range 10 {
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
			return
		}
		_, _ = io.WriteString(w, "a line\n")
		_ = http.NewResponseController(w).Flush()
	}
}
