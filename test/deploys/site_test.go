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
// answers, STATUS its status, and it ends by itself when PAGE is "crash".
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
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, "%s %s %s", page, os.Getenv("GONDOR_RELEASE"), os.Getenv("GREETING"))
	})}
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
