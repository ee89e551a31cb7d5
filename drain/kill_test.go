package drain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gondor/app"
	"gondor/cluster/logfile"
	"gondor/store"
)

// drainArgument makes the test binary one that drains the world in the directory behind it.
const drainArgument = "drain-the-world"

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == drainArgument {
		fmt.Fprintln(os.Stderr, drainWorld(os.Args[2]))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func drainWorld(dir string) error {
	ctx, discard := context.Background(), slog.New(slog.DiscardHandler)
	kept, err := store.Open(ctx, filepath.Join(dir, "store"), discard)
	if err != nil {
		return err
	}
	vault, err := app.NewVault(make([]byte, app.VaultKeySize))
	if err != nil {
		return err
	}
	domain := app.New(app.Config{URL: &url.URL{Scheme: "https", Host: "gondor.test"}}, app.Ports{Store: kept, Vault: vault}, discard)
	lines := logs{logfile.NewStore(filepath.Join(dir, "logs"), logfile.DefaultLimits())}
	return New(Options{Dir: filepath.Join(dir, "drains"), Logs: lines, Timing: quick, Log: discard}).Run(ctx, domain, kept)
}

// TestAKillBetweenSendingAndNotingLosesNothing kills a process whenever the far end has taken
// its second batch: sometimes before that has said so, sometimes right after.
func TestAKillBetweenSendingAndNotingLosesNothing(t *testing.T) {
	const lines = 30_000
	w := newWorld(t)
	far := newEndpoint(t)
	w.add(far.url())
	for i := 1; i <= lines; i += 1000 {
		w.write(i, i+999)
	}
	must(t, errors.Join(w.logs.Shut(), w.store.Close()))

	var mu sync.Mutex
	var victim *os.Process
	batches, kills := 0, 0
	far.answers(func(out http.ResponseWriter, body []byte) bool {
		far.take(body)
		mu.Lock()
		defer mu.Unlock()
		if batches++; batches%2 != 0 || kills >= 10 {
			return false
		}
		if kills++; kills%2 == 0 {
			out.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(out).Flush() // the kill may be faster
		}
		_ = victim.Kill() // it may be dead already
		return false
	})
	far.up()
	begin := func() *exec.Cmd {
		child := exec.Command(os.Args[0], drainArgument, w.dir)
		child.Stderr = os.Stderr
		mu.Lock()
		defer mu.Unlock()
		must(t, child.Start())
		victim = child.Process
		return child
	}
	child := begin()
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	defer func() { _ = victim.Kill(); <-ended }()
	for end := time.Now().Add(60 * time.Second); far.last() != text(lines); {
		select {
		case <-ended:
			child = begin()
			go func() { ended <- child.Wait() }()
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatalf("the last line does not come; there are %d", far.count())
		}
	}
	wantLines(t, far.once(), 1, lines)
	mu.Lock()
	defer mu.Unlock()
	t.Logf("%d kills; %d of %d lines came twice", kills, far.count()-lines, lines)
	if kills < 4 {
		t.Errorf("it was killed only %d times", kills)
	}
}
