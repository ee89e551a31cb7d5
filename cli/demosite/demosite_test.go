package demosite_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gondor/cli/demosite"
)

func TestTheSourceIsASiteOfAProcfile(t *testing.T) {
	var source bytes.Buffer
	if err := demosite.Source(&source); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for in := tar.NewReader(&source); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		found[header.Name] = true
	}
	if !found["Procfile"] || !found["gondor.yml"] {
		t.Errorf("got %v", found)
	}
}

func environment(t *testing.T) func(string) string {
	dir := t.TempDir()
	return func(key string) string { return map[string]string{"DATA_DIR": dir, "GONDOR_RELEASE": "v7"}[key] }
}

func TestThePageShowsItsReleaseAndCount(t *testing.T) {
	env := environment(t)
	if err := os.WriteFile(filepath.Join(env("DATA_DIR"), "beats"), []byte("42\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	demosite.Handler(env, time.Now()).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://demo.localhost:8600/", nil))
	for _, want := range []string{">42<", ">v7<", `href="http://localhost:8600/"`, "Your site is running"} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestThePageIsToldTheStateAsItChanges(t *testing.T) {
	server := httptest.NewServer(demosite.Handler(environment(t), time.Now()))
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	line, err := bufio.NewReader(response.Body).ReadString('\n')
	if err != nil || !strings.Contains(line, `"release":"v7"`) || !strings.Contains(line, `"watching":1`) {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestAWorkerGoesOnWhereTheLastOneEnded(t *testing.T) {
	env := environment(t)
	for _, want := range []string{"3\n", "6\n"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
			defer cancel()
			if err := demosite.Work(ctx, env, io.Discard); err != nil {
				t.Fatal(err)
			}
		})
		if got, err := os.ReadFile(filepath.Join(env("DATA_DIR"), "beats")); string(got) != want || err != nil {
			t.Errorf("it counted to %q, %v; want %q", got, err, want)
		}
	}
}
