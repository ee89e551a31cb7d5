// Command site is what the tests of kills deploy. Its argument says which process it is:
// web tells its release, worker works, beat must be alone, release counts its releases.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	if err := run(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(process string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	switch process {
	case "web":
		return web(ctx)
	case "beat":
		return beat(ctx)
	case "release":
		return note("released")
	default:
		<-ctx.Done()
		return nil
	}
}

// web answers with the release that it belongs to.
func web(ctx context.Context) error {
	server := &http.Server{
		Addr:    os.Getenv("HOST") + ":" + os.Getenv("PORT"),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getenv("GONDOR_RELEASE")) }),
	}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ended <- server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

// beat holds a lock for as long as it lives, and tells of another that holds it.
func beat(ctx context.Context) error {
	file, err := os.OpenFile(inData("beat"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only its lock matters
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(err, note("doubled"))
	}
	<-ctx.Done()
	return nil
}

// note adds the release as a line to a file of DATA_DIR.
func note(name string) error {
	file, err := os.OpenFile(inData(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, os.Getenv("GONDOR_RELEASE"))
	return errors.Join(err, file.Close())
}

func inData(name string) string { return filepath.Join(os.Getenv("DATA_DIR"), name) }
