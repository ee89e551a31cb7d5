package registry

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"gondor/cluster/kube/image"
	"gondor/cluster/kube/registry/token"
)

// envServe makes this test binary a registry over that directory, which can be killed.
const envServe = "GONDOR_TEST_REGISTRY"

func TestMain(m *testing.M) {
	if data := os.Getenv(envServe); data != "" {
		fmt.Fprintln(os.Stderr, serveProcess(data))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serveProcess serves until it is killed; it collects garbage all the time.
func serveProcess(data string) error {
	r, err := Open(Options{Data: data, Key: testKey, Grace: time.Minute, Interval: time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	var running errgroup.Group
	running.Go(func() error { return http.Serve(listener, r) })
	running.Go(func() error { return r.Run(context.Background()) })
	return running.Wait()
}

// spawn starts a registry of its own process.
func spawn(t *testing.T, data string) (*exec.Cmd, image.Store) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), envServe+"="+data), t.Output()
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) // unless it was killed before
	address, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	user, password := token.Sign(testKey, token.Admin())
	return cmd, image.Store{Address: strings.TrimSpace(address), Insecure: true, Username: user, Password: password}
}

func TestARegistryThatIsKilledInMidPushTakesThePushAgain(t *testing.T) {
	data := t.TempDir()
	whole, big := picture(t, 100_000), picture(t, 20_000_000)
	for _, after := range []time.Duration{0, 5, 20, 60, 120} {
		t.Run(fmt.Sprintf("after %d ms", after), func(t *testing.T) {
			cmd, store := spawn(t, data)
			must(t, store.Push(t.Context(), "site/a", "whole", whole))
			timer := time.AfterFunc(after*time.Millisecond, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
			pushed := make(chan error, 1)
			ctx, stop := context.WithCancel(t.Context())
			go func() { pushed <- store.Push(ctx, "site/a", "big", big) }()
			_ = cmd.Wait() // killed
			stop()
			t.Log("the push that was cut: ", <-pushed)

			_, store = spawn(t, data)
			for tag, what := range map[string]error{
				"whole": nil, "big": store.Push(t.Context(), "site/a", "big", big),
			} {
				must(t, what)
				found, err := store.Pull(t.Context(), "site/a", tag)
				must(t, err)
				must(t, image.WriteArchive(discard{}, "test/image:1", found))
			}
			must(t, store.Delete(t.Context(), "site/a", "big"))
		})
	}
}
