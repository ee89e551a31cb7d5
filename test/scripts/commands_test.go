package scripts

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// interval is how often a condition is looked at.
const interval = 50 * time.Millisecond

func no(ts *testscript.TestScript, neg bool, name string) {
	if neg {
		ts.Fatalf("%s can't be negated", name)
	}
}

// wait looks at a condition until it holds; what says why it does not.
func wait(ts *testscript.TestScript, holds func() (bool, string)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	deadline := time.After(patience)
	for {
		ok, what := holds()
		if ok {
			return
		}
		select {
		case <-deadline:
			ts.Fatalf("it never came true: %s", what)
		case <-ticker.C:
		}
	}
}

// signIn signs in to the script's server as admin.
func signIn(ts *testscript.TestScript, neg bool, _ []string) {
	no(ts, neg, "signin")
	cmd := "printf %s \"$GONDOR_ADMIN_PASSWORD\" | gondor login " + ts.Getenv("ADDRESS") + " --username admin --password-stdin"
	ts.Check(ts.Exec("sh", "-c", cmd))
}

// repository makes a git repository with one commit of the directory that it is in.
func repository(ts *testscript.TestScript, neg bool, _ []string) {
	no(ts, neg, "repository")
	ts.Check(ts.Exec("git", "init", "-q"))
	commit(ts, neg, nil)
}

// commit commits everything that has changed.
func commit(ts *testscript.TestScript, neg bool, _ []string) {
	no(ts, neg, "commit")
	ts.Check(ts.Exec("git", "add", "-A"))
	ts.Check(ts.Exec("git", "commit", "-q", "-m", "Change"))
}

// exits runs a command and expects an exit code: exits 3 gondor me.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	no(ts, neg, "exits")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := code(ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
	if strings.Contains(ts.ReadFile("stderr"), "goroutine ") { // a panic ends with 2
		ts.Fatalf("%s panicked", strings.Join(args[1:], " "))
	}
}

func code(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// same expects two texts to be equal: same $BEFORE $AFTER.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if (args[0] == args[1]) == neg {
		ts.Fatalf("%q and %q: equal is %v", args[0], args[1], !neg)
	}
}

// eventually runs a command until its output matches: eventually running gondor status.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	no(ts, neg, "eventually")
	pattern := regexp.MustCompile(args[0])
	wait(ts, func() (bool, string) {
		program := args[1]
		if program == "gondor" {
			program = ts.Getenv("GONDOR")
		}
		cmd := exec.Command(program, args[2:]...)
		cmd.Dir, cmd.Env = ts.MkAbs("."), environment(ts)
		out, err := cmd.CombinedOutput()
		return err == nil && pattern.Match(out), string(out)
	})
}

// page waits until the page at a URL has a text: page http://blog.localhost/ Hello. With
// a third argument the answer has that status.
func page(ts *testscript.TestScript, neg bool, args []string) {
	no(ts, neg, "page")
	status := http.StatusOK
	if len(args) > 2 {
		var err error
		status, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	pattern := regexp.MustCompile(args[1])
	wait(ts, func() (bool, string) {
		got, body, err := fetch(ts.Getenv("ADDRESS"), args[0])
		if err != nil {
			return false, err.Error()
		}
		return got == status && pattern.MatchString(body), strconv.Itoa(got) + " " + body
	})
}

// fetch gets a page of the script's server, whatever the system makes of the host name.
func fetch(address, at string) (int, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}
