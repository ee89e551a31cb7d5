package deploys

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

// siteArgument makes the test binary the web process of a site: PAGE is what it
// answers, STATUS its status, and it ends by itself when PAGE is "crash". Its only asset is
// /assets/PAGE.css.
const siteArgument = "deploys-site"

func runSite(page, status string) {
	if err := serveSite(page, status); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveSite(page, status string) error {
	if page == "crash" {
		fmt.Println("it can't go on like this")
		os.Exit(3)
	}
	code := http.StatusOK
	if _, err := fmt.Sscan(status, &code); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: siteHandler(page, code)}
	drained := make(chan error, 1)
	go func() {
		<-ctx.Done()
		drained <- server.Shutdown(context.Background())
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-drained
}

func siteHandler(page string, status int) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "%s %s %s", page, os.Getenv("GONDOR_RELEASE"), os.Getenv("GREETING"))
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/endless", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/assets/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/assets/"+page+".css" {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprint(w, page)
	})
	return mux
}
